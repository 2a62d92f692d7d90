// The library tab: folders that are dropped, buttons of jobs, ticks of the table. No library, nothing from elsewhere.
window.polyglance = window.polyglance || {};
(() => {
  const NOISE = /^(\..*|Thumbs\.db|desktop\.ini|__MACOSX)$/i;  // what systems leave in folders

  // ---- Folders. The drop zone itself takes files only, so a folder is walked through here and handed over as files.
  async function walk(entry) {
    if (NOISE.test(entry.name)) return [];
    if (entry.isFile) return new Promise((done) => entry.file((file) => done([file]), () => done([])));
    const reader = entry.createReader(), found = [];
    for (;;) {  // it tells at most a hundred at a time
      const some = await new Promise((done) => reader.readEntries(done, () => done([])));
      if (!some.length) return found;
      for (const one of some) found.push(...await walk(one));
    }
  }

  function hand(zone, files) {
    if (!files.length) return;
    const input = zone.querySelector('input[type=file]');
    if (!input) {  // it is busy with what was dropped before
      setTimeout(() => hand(zone, files), 500);
      return;
    }
    const transfer = new DataTransfer();
    files.forEach((file) => transfer.items.add(file));
    input.files = transfer.files;
    input.dispatchEvent(new Event('change'));
  }

  document.addEventListener('drop', (event) => {
    const zone = event.target.closest?.('#pg-drop');
    if (!zone) return;
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (!entries.some((entry) => entry.isDirectory)) return;
    event.preventDefault();
    event.stopPropagation();
    zone.querySelector('button, [role=button]')?.dispatchEvent(new DragEvent('dragleave'));
    Promise.all(entries.map((entry) => (entry.isDirectory ? walk(entry)
      : new Promise((done) => entry.file((file) => done([file]), () => done([]))))))
      .then((lists) => hand(zone, lists.flat()));
  }, true);

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-folder-for]');
    if (!button) return;
    const chooser = document.createElement('input');
    chooser.type = 'file';
    chooser.webkitdirectory = true;
    chooser.addEventListener('change', () => {
      const files = [...chooser.files].filter((file) => !file.webkitRelativePath.split('/').slice(1).some((part) => NOISE.test(part)));
      hand(document.getElementById(button.dataset.folderFor), files);
    });
    chooser.click();
  });

  // ---- Buttons of jobs. Cancelling asks once: the button itself, for some seconds.
  polyglance.acts = (element, act) => element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-act]');
    if (!button || button.disabled) return;
    if (button.dataset.act === 'cancel' && !button.dataset.isSure) {
      const words = button.textContent;
      button.dataset.isSure = 'yes';
      button.textContent = 'Cancel for good? What is in stays';
      setTimeout(() => { delete button.dataset.isSure; button.textContent = words; }, 5000);
      return;
    }
    button.disabled = true;
    setTimeout(() => { button.disabled = false; }, 4000);  // where it came to nothing
    act({ act: button.dataset.act, job: Number(button.dataset.job) });
  });

  // ---- The table: ticks by document id, or all but some, until the filter changes or they are removed.
  polyglance.table = (element, trigger, watch) => {
    const ids = new Set();
    let isAll = false, words = '';
    const boxes = () => [...element.querySelectorAll('tbody input[type=checkbox]')];
    const tell = () => trigger('select', { all: isAll, ids: [...ids] });

    function forget() {
      ids.clear();
      isAll = false;
    }

    function draw() {
      const table = element.querySelector('.pg-table');
      const now = table?.dataset.words ?? '';
      if (now !== words) {
        const had = isAll || ids.size;
        words = now;
        forget();
        if (had) tell();
      }
      boxes().forEach((box) => { box.checked = isAll !== ids.has(box.value); });
      const all = element.querySelector('.pg-all');
      if (!all) return;
      all.checked = isAll && !ids.size;
      all.indeterminate = !all.checked && (isAll || ids.size > 0);
    }

    element.addEventListener('change', ({ target }) => {
      if (!target.matches('input[type=checkbox]')) return;
      if (target.matches('.pg-all')) {
        ids.clear();
        isAll = target.checked;
      } else if (target.checked === isAll) ids.delete(target.value);
      else ids.add(target.value);
      draw();
      tell();
    });
    element.addEventListener('click', (event) => {
      const head = event.target.closest('[data-sort]');
      if (head) trigger('input', head.dataset.sort);
    });
    document.addEventListener('click', (event) => {
      if (event.target.closest('#pg-remove-yes')) { forget(); draw(); }
    });
    watch(draw);
  };
})();
