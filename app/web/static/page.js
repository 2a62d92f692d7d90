// Opens a card in the large view, with its neighbours one arrow key away. No library, nothing from elsewhere.
(() => {
  let viewer, cards = [], at = 0;

  function build() {
    viewer = document.createElement('dialog');
    viewer.className = 'pg-viewer';
    viewer.innerHTML = `
      <div class="pg-viewer-bar"><b dir="auto"></b><span></span>
        <button data-step="-1" aria-label="previous">‹</button><button data-step="1" aria-label="next">›</button>
        <button data-close aria-label="close">✕</button></div>
      <div class="pg-viewer-body"><div class="pg-viewer-sheet"></div><p class="pg-viewer-text" dir="auto"></p></div>`;
    viewer.addEventListener('click', (event) => {
      const step = event.target.closest('[data-step]');
      if (step) show(at + Number(step.dataset.step));
      else if (event.target.matches('.pg-viewer-sheet img')) event.target.parentNode.classList.toggle('pg-zoomed');
      else if (event.target === viewer || event.target.closest('[data-close]')) viewer.close();
    });
    viewer.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowRight') show(at + 1);
      if (event.key === 'ArrowLeft') show(at - 1);
    });
    document.querySelector('.gradio-container').append(viewer);  // where the theme's font is
  }

  function show(number) {
    at = (number + cards.length) % cards.length;
    const card = cards[at];
    const passage = card.querySelector('.pg-passage');
    const sheet = viewer.querySelector('.pg-viewer-sheet');
    sheet.replaceChildren();
    sheet.classList.remove('pg-zoomed');
    if (card.getAttribute('href') !== '#') {
      const image = new Image();
      image.alt = card.dataset.title;
      image.className = 'pg-loading';
      image.onload = () => image.classList.remove('pg-loading');
      image.src = card.getAttribute('href');
      sheet.append(image);
    }
    sheet.hidden = !sheet.firstChild;
    viewer.querySelector('b').textContent = card.dataset.title;
    viewer.querySelector('.pg-viewer-bar span').textContent = `${at + 1} / ${cards.length}`;
    const text = viewer.querySelector('.pg-viewer-text');
    text.textContent = passage && !passage.classList.contains('pg-look') ? passage.textContent : '';
    text.hidden = !text.textContent;
  }

  document.addEventListener('click', (event) => {
    const card = event.target.closest('.pg-open');
    if (!card || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!viewer) build();
    cards = [...card.closest('.pg-grid').querySelectorAll('.pg-open')];
    show(cards.indexOf(card));
    viewer.showModal();
  });

  document.addEventListener('focusin', ({ target }) => {  // Arabic and Hebrew are typed from the right
    if (target.matches('textarea, input[type=text]')) target.dir = 'auto';
  });

  document.addEventListener('error', (event) => {  // errors do not bubble; capture them
    if (event.target.matches?.('img.pg-sheet')) event.target.classList.add('pg-missing');
  }, true);
})();
