// The search tab by keyboard, and pictures from the clipboard.
(() => {
  const cards = () => [...document.querySelectorAll('#pg-results .pg-open')];
  const words = () => document.querySelector('#pg-words :is(input, textarea)');
  const isTyping = (target) => target.matches?.('input, textarea, select, [contenteditable=true]');
  const isSeen = (element) => element && element.offsetParent !== null;

  // How many cards stand side by side.
  function columns(all) {
    const below = all.findIndex((card) => card.getBoundingClientRect().top > all[0].getBoundingClientRect().top + 8);
    return below < 0 ? all.length : below;
  }

  document.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || document.querySelector('dialog[open]')) return;
    const { target, key } = event;
    if (key === '/' && !isTyping(target) && isSeen(words())) {
      event.preventDefault();
      words().focus();
      words().select();
      return;
    }
    const all = cards();
    if (target === words() && key === 'ArrowDown' && all.length) {
      event.preventDefault();
      all[0].focus();
    }
    const number = all.indexOf(target);
    if (number < 0) return;
    const isRtl = getComputedStyle(document.body).direction === 'rtl';
    const steps = { ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1, ArrowDown: columns(all), ArrowUp: -columns(all) };
    if (!(key in steps)) return;
    event.preventDefault();
    if (key === 'ArrowUp' && number < columns(all)) words().focus();
    else all[Math.min(Math.max(0, number + steps[key]), all.length - 1)].focus();
  });

  // Hand a file to the picture's own field, whose picture of before goes first.
  function take(file) {
    const field = document.querySelector('#pg-picture input[type=file]');
    if (field) {
      const files = new DataTransfer();
      files.items.add(file);
      field.files = files.files;
      field.dispatchEvent(new Event('change', { bubbles: true }));
      return;
    }
    const clear = document.querySelector('#pg-picture button[aria-label="Clear"], #pg-picture button[title="Clear"]');
    if (!clear) return;
    clear.click();
    requestAnimationFrame(function wait() {
      if (document.querySelector('#pg-picture input[type=file]')) take(file);
      else requestAnimationFrame(wait);
    });
  }

  document.addEventListener('paste', (event) => {
    const file = [...event.clipboardData.files].find((one) => one.type.startsWith('image/'));
    if (!file || !isSeen(document.getElementById('pg-picture'))) return;
    event.preventDefault();
    event.stopPropagation();
    take(file);
  }, true);

  // While something is dragged over the page, the drop zone shows itself.
  let inside = 0;
  const show = (by) => {
    inside = Math.max(0, inside + by);
    document.getElementById('pg-picture')?.classList.toggle('pg-over', inside > 0);
  };
  document.addEventListener('dragenter', () => show(1));
  document.addEventListener('dragleave', () => show(-1));
  document.addEventListener('drop', () => show(-inside), true);

  new MutationObserver(() => {  // days by the browser's own calendar, in the user's own order
    document.querySelectorAll('.pg-day input[type=text]').forEach((field) => { field.type = 'date'; });
  }).observe(document, { childList: true, subtree: true });
})();
