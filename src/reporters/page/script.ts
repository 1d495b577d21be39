/**
 * The page's only script: it shows the search boxes, and hides the rows of their section that lack a word. All that it
 * shows is on the page without it. It is put into the document as text, so like the style it holds no quotation mark,
 * ampersand or less-than sign: those would be escaped, and the policy's hash would no longer be that of the script.
 *
 * Rows are read when the first letter comes, so that the page opens no slower for having thousands of them.
 */
export const script = `
for (const box of document.querySelectorAll('.search')) {
  const input = box.querySelector('input');
  const output = box.querySelector('output');
  const groups = Array.from(box.closest('section').querySelectorAll('details'));
  let known;
  const read = () => groups.map((group) => ({
    group,
    open: group.open,
    rows: Array.from(group.querySelectorAll('tbody tr'), (row) => [row, row.textContent.toLowerCase()]),
  }));
  const search = () => {
    const words = input.value.toLowerCase().split(' ').filter(Boolean);
    known ??= read();
    let found = 0;
    let all = 0;
    for (const { group, open, rows } of known) {
      let here = 0;
      for (const [row, text] of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) here++;
      }
      group.hidden = here === 0;
      group.open = words.length === 0 ? open : here > 0;
      found += here;
      all += rows.length;
    }
    output.textContent = words.length === 0 ? '' : found.toLocaleString('en') + ' of ' + all.toLocaleString('en');
    if (words.length === 0) known = undefined;
  };
  input.addEventListener('input', search);
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    input.value = '';
    search();
  });
  box.hidden = false;
}
`;
