// What holds for every tab.
document.addEventListener('focusin', ({ target }) => {  // Arabic and Hebrew are typed from the right
  if (target.matches('textarea, input[type=text]')) target.dir = 'auto';
});

document.addEventListener('error', (event) => {  // errors do not bubble; capture them
  if (event.target.matches?.('img.pg-sheet')) event.target.classList.add('pg-missing');
}, true);
