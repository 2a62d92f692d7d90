// The address bar says what is shown: `/?q=...` a search, with `doc`, `page` and `hit` the page in the viewer.
// Shared with the other scripts as window.polyglance.
window.polyglance = (() => {
  const VIEWER = ['doc', 'page', 'hit'];
  const OURS = ['q', 'like', 'match', 'in', 'type', 'lang', 'since', 'until', 'share', 'words', 'n'];
  let shown = null, told = null;  // the search whose results stand on the page, or soon will; what they told
  let isAsked = true;  // results are on their way for what the address bar says

  const fields = (address) => new URL(address, location.href).searchParams;

  // The search part of an address, whatever the order of its fields.
  function search(address) {
    const said = [...fields(address)].filter(([name]) => OURS.includes(name));
    return new URLSearchParams(said.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))).toString();
  }

  // An address with this search and this page, and with what is none of ours, as Gradio's theme.
  function build(searchOf, viewed) {
    const said = new URLSearchParams();
    for (const [name, value] of fields(searchOf)) if (OURS.includes(name)) said.append(name, value);
    for (const name of VIEWER) if (viewed?.[name]) said.append(name, viewed[name]);
    for (const [name, value] of fields(location.href))
      if (!OURS.includes(name) && !VIEWER.includes(name)) said.append(name, value);
    const text = said.toString();
    return location.pathname + (text && '?' + text);
  }

  function viewed() {
    const said = fields(location.href);
    const page = Number(said.get('page') || 1);
    if (!/^[0-9a-f]{64}$/.test(said.get('doc') || '') || !Number.isInteger(page) || page < 1) return null;
    return { doc: said.get('doc'), page, hit: said.get('hit') || '' };
  }

  // Ask the server for what the address bar says.
  function ask() {
    shown = search(location.href);
    isAsked = true;
    document.dispatchEvent(new Event('pg-go'));
  }

  function go(address) {
    window.polyglance.viewer.hide();
    history.pushState({}, '', build(address));
    ask();
    scrollTo({ top: 0 });
  }

  addEventListener('popstate', () => {
    window.polyglance.viewer.follow(viewed());
    if (shown !== null && search(location.href) !== shown) ask();
  });

  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a.pg-go');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(link.getAttribute('href'));
  });

  // Results that came tell their address. Gradio changes what stands there in place.
  new MutationObserver(() => {
    const now = document.querySelector('#pg-results [data-address]')?.dataset.address;
    if (now === undefined || now === told) return;
    const isAnswer = isAsked;
    told = now;
    shown = search(now);
    isAsked = false;
    if (shown === search(location.href)) return;
    history[isAnswer ? 'replaceState' : 'pushState']({}, '', build(now, viewed()));
  }).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-address'] });

  return { build, go, viewed };
})();
