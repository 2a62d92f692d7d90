// The viewer: one page large, its passage marked, its neighbours an arrow key away. Opens at links of class `pg-open`
// and at addresses with `doc`. What documents say is only ever set as text.
(() => {
  const MOST = 6, STEP = 1.25;
  const { build, go, viewed } = window.polyglance;
  const told = new Map();  // by document: what the server tells of it
  let dialog, at = null, passage = null, cards = [], scale = 1;

  const one = (selector) => dialog.querySelector(selector);
  const icon = (path) => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;

  function make() {
    dialog = document.createElement('dialog');
    dialog.className = 'pg-viewer';
    dialog.setAttribute('aria-label', 'page');
    dialog.innerHTML = `
      <div class="pg-viewer-bar">
        <div class="pg-viewer-title"><b><bdi></bdi></b><span></span></div>
        <div class="pg-viewer-turn">
          <button data-do="previous" title="previous page (←)">${icon('M15 5l-7 7 7 7')}</button>
          <label><input inputmode="numeric" aria-label="page"><span></span></label>
          <button data-do="next" title="next page (→)">${icon('M9 5l7 7-7 7')}</button>
        </div>
        <div class="pg-viewer-zoom">
          <button data-do="out" title="smaller (−)">${icon('M5 12h14')}</button>
          <button data-do="fit" title="fit (0)">100 %</button>
          <button data-do="in" title="larger (+)">${icon('M5 12h14M12 5v14')}</button>
        </div>
        <div class="pg-viewer-more">
          <a data-do="like" title="more like this page">${icon('M4 4h7v7H4zM13 13h7v7h-7zM13 4h7v7h-7zM4 13h7v7H4z')}<span>More like this</span></a>
          <button data-do="copy" title="copy a link to this page">${icon('M9 15l6-6M8 12l-2 2a3.5 3.5 0 0 0 5 5l2-2M16 12l2-2a3.5 3.5 0 0 0-5-5l-2 2')}<span>Copy link</span></button>
          <a data-do="save" title="download the original" download>${icon('M12 4v11M7 11l5 5 5-5M5 20h14')}<span>Original</span></a>
        </div>
        <button data-do="close" title="close (Esc)" aria-label="close">${icon('M6 6l12 12M18 6L6 18')}</button>
      </div>
      <div class="pg-viewer-body">
        <div class="pg-viewer-sheet" tabindex="-1"></div>
        <aside class="pg-viewer-side"><p class="pg-headings" dir="auto"></p><p class="pg-viewer-text" dir="auto"></p>
          <p class="pg-look"></p><button data-do="back"></button>
          <div class="pg-viewer-hits"><button data-do="hit-previous">${icon('M15 5l-7 7 7 7')}</button><span></span>
            <button data-do="hit-next">${icon('M9 5l7 7-7 7')}</button></div></aside>
      </div>`;
    dialog.querySelectorAll('button[title]').forEach((button) => button.setAttribute('aria-label', button.title));
    dialog.addEventListener('click', (event) => {
      const name = event.target.closest('[data-do]')?.dataset.do;
      if (name === 'like') { event.preventDefault(); go(one('[data-do=like]').getAttribute('href')); }
      else if (name && name !== 'save') actions[name]();
      else if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener('close', leave);
    dialog.addEventListener('keydown', onKey);
    one('input').addEventListener('change', ({ target }) => turn(Number(target.value) || at.page));
    listenToFingers(one('.pg-viewer-sheet'));
    new ResizeObserver(fit).observe(one('.pg-viewer-sheet'));
    document.querySelector('.gradio-container').append(dialog);  // where the theme's font is
  }

  const actions = {
    previous: () => turn(at.page - 1),
    next: () => turn(at.page + 1),
    in: () => zoom(scale * STEP),
    out: () => zoom(scale / STEP),
    fit: () => zoom(1),
    close: () => dialog.close(),
    back: () => turn(passage.page),
    copy,
    'hit-previous': () => step(-1),
    'hit-next': () => step(1),
  };
  const KEYS = {
    ArrowLeft: 'previous', PageUp: 'previous', ArrowRight: 'next', PageDown: 'next',
    '+': 'in', '=': 'in', '-': 'out', 0: 'fit', '[': 'hit-previous', ']': 'hit-next',
  };

  function onKey(event) {
    if (event.target.matches('input') || event.altKey) return;
    const sheet = one('.pg-viewer-sheet');
    const isWide = scale > 1 && sheet.scrollWidth > sheet.clientWidth && event.key.startsWith('Arrow');
    if (!KEYS[event.key] || isWide) return;  // a page that is larger than the window is moved by arrows
    event.preventDefault();
    actions[KEYS[event.key]]();
  }

  // Show a page. `known`: the passage that led here, where a card carries it.
  function show(where, known) {
    if (!dialog) make();
    const isOther = at?.doc !== where.doc;
    at = where;
    if (known !== undefined) passage = known;
    else if (isOther || passage?.hit !== where.hit) passage = null;
    if (isOther) told.delete(where.doc);  // it may have been removed
    draw();
    if (!dialog.open) dialog.showModal();
    one('.pg-viewer-sheet').focus();
    if (!told.has(where.doc)) tell(where);
  }

  async function tell({ doc, hit }) {
    const answer = await fetch(`/documents/${doc}?hit=${encodeURIComponent(passage ? '' : hit)}`).catch(() => null);
    if (at?.doc !== doc) return;
    if (!answer?.ok) {
      const notice = document.createElement('p');
      notice.className = 'pg-notice';
      notice.textContent = answer ? 'This document is not in the library any more.' : 'The server does not answer.';
      one('.pg-viewer-sheet').replaceChildren(notice);
      dialog.querySelectorAll('.pg-viewer-zoom, .pg-viewer-more').forEach((tools) => { tools.hidden = true; });
      return;
    }
    const facts = await answer.json();
    told.set(doc, facts);
    if (at?.doc !== doc) return;
    if (!passage && facts.passage) passage = { ...facts.passage, hit, shows: facts.shows };
    if (at.page > facts.pages) at = { ...at, page: facts.pages };
    draw();
  }

  function turn(page) {
    const pages = told.get(at.doc)?.pages;
    if (!pages || page === at.page) return one('input').value = at.page;
    at = { ...at, page: Math.min(Math.max(1, Math.round(page)), pages) };
    history.replaceState(history.state, '', build(location.href, at));
    draw();
  }

  function draw() {
    const facts = told.get(at.doc);
    const looks = facts?.shows ?? passage?.shows ?? 'pages';
    const label = facts?.labels[at.page];
    const isHere = passage?.page === at.page;
    one('.pg-viewer-title bdi').textContent = facts?.name ?? passage?.name ?? '';
    one('.pg-viewer-title span').textContent =
      looks === 'pages' ? `page ${at.page}${facts ? ` of ${facts.pages}` : ''}${label ? ` · printed ${label}` : ''}` : '';
    one('.pg-viewer-turn').hidden = !facts || facts.pages === 1;
    one('.pg-viewer-turn input').value = at.page;
    one('.pg-viewer-turn label span').textContent = `/ ${facts?.pages ?? ''}`;
    one('[data-do=previous]').disabled = at.page === 1;
    one('[data-do=next]').disabled = at.page === facts?.pages;
    const like = facts?.points[at.page] && (isHere && at.hit || facts.points[at.page]);
    one('[data-do=like]').hidden = !like;
    one('[data-do=like]').setAttribute('href', `/?like=${encodeURIComponent(like || '')}`);
    one('[data-do=save]').href = `/originals/${at.doc}`;
    one('.pg-viewer-zoom').hidden = looks === 'text';
    one('.pg-viewer-more').hidden = false;
    drawSheet(looks, isHere);
    drawSide(isHere);
  }

  function drawSheet(looks, isHere) {
    const sheet = one('.pg-viewer-sheet');
    sheet.hidden = looks === 'text';
    const source = `/pages/${at.doc}/${at.page}?large=true`;
    let frame = sheet.firstElementChild;
    if (looks !== 'text' && frame?.dataset.source !== source) {
      frame = document.createElement('div');
      frame.className = 'pg-viewer-frame pg-loading';
      frame.dataset.source = source;
      const image = new Image();
      image.alt = one('.pg-viewer-title').textContent;
      image.draggable = false;
      image.onload = () => { frame.classList.remove('pg-loading'); scale = 1; fit(); sheet.scrollTo(0, 0); next(); };
      image.onerror = () => {
        frame.className = 'pg-notice';
        frame.textContent = 'This page cannot be drawn; the original can be downloaded.';
      };
      image.src = source;
      frame.append(image);
      sheet.replaceChildren(frame);
    }
    if (!frame) return;
    frame.querySelectorAll('i').forEach((mark) => mark.remove());
    for (const [left, top, right, bottom] of isHere ? passage.boxes : []) {
      const mark = document.createElement('i');
      mark.className = 'pg-mark-box';
      Object.assign(mark.style, { left: `${left * 100}%`, top: `${top * 100}%`,
        width: `${(right - left) * 100}%`, height: `${(bottom - top) * 100}%` });
      frame.append(mark);
    }
  }

  function next() {  // the server draws it while this one is read
    if (at && at.page < told.get(at.doc)?.pages) new Image().src = `/pages/${at.doc}/${at.page + 1}?large=true`;
  }

  function drawSide(isHere) {
    const text = passage?.text ?? '';
    one('.pg-viewer-side .pg-headings').textContent = passage?.headings ?? '';
    one('.pg-viewer-text').textContent = text;
    one('.pg-viewer-text').classList.toggle('pg-elsewhere', !isHere);
    one('.pg-viewer-side .pg-look').textContent =
      passage && !text ? 'found by its look' : passage?.isHidden ? 'not to be seen on the page itself' : '';
    one('[data-do=back]').textContent = passage ? `Back to page ${passage.page}, where this stands` : '';
    one('[data-do=back]').hidden = !passage || isHere;
    const number = cards.findIndex((card) => card.dataset.hit === at.hit);
    one('.pg-viewer-hits').hidden = number < 0 || cards.length < 2;
    one('.pg-viewer-hits span').textContent = `result ${number + 1} of ${cards.length}`;
    one('.pg-viewer-side').hidden = !passage;
  }

  // The page as large as the window allows, times the zoom.
  function fit() {
    const sheet = one('.pg-viewer-sheet'), frame = sheet.querySelector('.pg-viewer-frame');
    const image = frame?.firstElementChild;
    if (!image?.naturalWidth) return;
    const room = Math.min((sheet.clientWidth - 32) / image.naturalWidth, (sheet.clientHeight - 32) / image.naturalHeight);
    frame.style.width = `${Math.max(40, image.naturalWidth * room * scale)}px`;
    one('[data-do=fit]').textContent = `${Math.round(scale * 100)} %`;
  }

  // Zoom so that what is under (x, y) of the window stays there; without them, the middle.
  function zoom(wanted, x, y) {
    const sheet = one('.pg-viewer-sheet'), frame = sheet.querySelector('.pg-viewer-frame');
    if (!frame) return;
    const seen = sheet.getBoundingClientRect();
    x ??= seen.left + seen.width / 2;
    y ??= seen.top + seen.height / 2;
    const before = frame.getBoundingClientRect();
    const across = (x - before.left) / before.width, down = (y - before.top) / before.height;
    scale = Math.min(Math.max(1, wanted), MOST);
    fit();
    const after = frame.getBoundingClientRect();
    sheet.scrollBy(after.left + across * after.width - x, after.top + down * after.height - y);
  }

  function listenToFingers(sheet) {
    sheet.addEventListener('wheel', (event) => {  // a touchpad's pinch comes as a wheel with ctrl
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoom(scale * Math.exp(-event.deltaY / 200), event.clientX, event.clientY);
    }, { passive: false });
    sheet.addEventListener('dblclick', (event) => zoom(scale > 1 ? 1 : 2.5, event.clientX, event.clientY));
    let apart = 0, was = 1;
    const spread = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    sheet.addEventListener('touchstart', ({ touches }) => {
      if (touches.length === 2) { apart = spread(touches); was = scale; }
    }, { passive: true });
    sheet.addEventListener('touchmove', (event) => {
      if (event.touches.length !== 2 || !apart) return;
      event.preventDefault();
      const [a, b] = event.touches;
      zoom(was * spread(event.touches) / apart, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
    }, { passive: false });
    let grip = null;  // a mouse drags a large page
    sheet.addEventListener('pointerdown', (event) => {
      if (event.pointerType === 'mouse' && scale > 1) { grip = event; sheet.setPointerCapture(event.pointerId); }
    });
    sheet.addEventListener('pointermove', (event) => {
      if (grip) { sheet.scrollBy(grip.clientX - event.clientX, grip.clientY - event.clientY); grip = event; }
    });
    sheet.addEventListener('pointerup', () => { grip = null; });
  }

  async function copy() {
    const label = one('[data-do=copy] span');
    const worked = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    label.textContent = worked ? 'Copied' : 'Copy it from the address bar';
    setTimeout(() => { label.textContent = 'Copy link'; }, 2000);
  }

  function step(by) {
    const number = cards.findIndex((card) => card.dataset.hit === at.hit);
    if (number < 0) return;
    const card = cards[(number + by + cards.length) % cards.length];
    const where = place(card);
    history.replaceState(history.state, '', build(location.href, where));
    show(where, carried(card));
  }

  const place = ({ dataset }) => ({ doc: dataset.doc, page: Number(dataset.page), hit: dataset.hit });
  const carried = ({ dataset }) => ({
    hit: dataset.hit, page: Number(dataset.page), name: dataset.name, shows: dataset.shows, text: dataset.text,
    headings: dataset.headings, isHidden: 'hidden' in dataset,
    boxes: dataset.boxes ? dataset.boxes.split(';').map((box) => box.split(',').map(Number)) : [],
  });

  // The dialog is closed: the address loses the page, and the way back is not longer than before.
  function leave() {
    at = passage = null;
    one('.pg-viewer-sheet').replaceChildren();
    if (!viewed()) return;
    if (history.state?.isViewer) history.back();
    else history.replaceState({}, '', build(location.href));
  }

  document.addEventListener('click', (event) => {
    const card = event.target.closest?.('.pg-open');
    if (!card || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    cards = [...(card.closest('.pg-grid')?.querySelectorAll('.pg-open') ?? [card])];
    history.pushState({ isViewer: true }, '', build(location.href, place(card)));
    show(place(card), carried(card));
  });

  // What the address says is shown, without a word to the history.
  function follow(where) {
    const card = where && [...document.querySelectorAll('.pg-open')].find((one) => one.dataset.hit === where.hit);
    if (where) show(where, card ? carried(card) : undefined);
    else if (dialog?.open) dialog.close();
  }

  window.polyglance.viewer = {
    follow,
    hide: () => { if (dialog?.open) { history.replaceState({}, '', build(location.href)); dialog.close(); } },
  };

  const opened = viewed();
  (function whenReady() {
    if (!opened) return;
    if (document.querySelector('.gradio-container')) follow(opened);
    else requestAnimationFrame(whenReady);
  })();
})();
