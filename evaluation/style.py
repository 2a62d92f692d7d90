"""The style sheet of a report, light or dark as the reader's system is."""

STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --card: #f6f7f9; --ink: #1c2430; --quiet: #5b6675;
  --line: #d9dee6; --first: #2563eb; --second: #c2570c; --good: #e9f1ff; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #12161c; --card: #1b212a; --ink: #e6eaf0; --quiet: #9aa6b5; --line: #323b48; --first: #7aa7ff;
    --second: #ff9d5c; --good: #1a2740; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.5;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 66rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1.25rem; }
h2 { font-size: 1.2rem; margin: 2.75rem 0 .4rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .4rem; }
p { margin: .4rem 0; max-width: 46rem; }
section > p { color: var(--quiet); margin-bottom: .9rem; }
small { color: var(--quiet); margin-inline-start: .4rem; }
.verdict { background: var(--good); border-radius: 14px; padding: 1.1rem 1.4rem 1.2rem; }
.verdict .first { font-size: 1.25rem; font-weight: 600; line-height: 1.4; }
.verdict .note { border-inline-start: 3px solid var(--second); padding-inline-start: .9rem; margin-top: 1rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 12px; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { padding: .5rem .8rem; text-align: start; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; background: var(--card); color: var(--quiet); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; }
.figures td, .figures thead th:not(:first-child) { text-align: end; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
.figures td small { display: block; margin: 0; }
.figures tbody th { white-space: nowrap; }
.questions tbody th { font-weight: 500; width: 32%; min-width: 11rem; }
.questions td { min-width: 6rem; overflow-wrap: anywhere; }
.questions ol { margin: 0; padding-inline-start: 1.2rem; }
.questions img { display: block; max-width: 72px; border-radius: 6px; margin-bottom: .25rem; }
.snippet { color: var(--quiet); font-size: .86rem; }
figure { margin: 0 0 1rem; padding: .8rem; background: var(--card); border-radius: 12px; }
figure svg { display: block; width: 100%; height: auto; max-width: 46rem; margin: 0 auto; }
figure svg text { font-family: inherit !important; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .4rem 1.2rem; margin: 0; }
dt { font-weight: 600; }
dd { margin: 0; color: var(--quiet); }
@media (max-width: 36rem) { dl { grid-template-columns: 1fr; gap: .1rem; } dd { margin-bottom: .6rem; } }
@media print { .scroll { overflow: visible; } section { break-inside: avoid; } }
"""
