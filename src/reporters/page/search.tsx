/** A box to search the folded lists of its section with. It needs the page's script, and is not to be seen without it. */
export function Search({ id, label }: { id: string; label: string }) {
  return (
    <div class="search" hidden>
      <label for={id}>{label}</label>
      <div class="entry">
        <input id={id} type="search" autocomplete="off" spellcheck={false} />
        <output for={id} />
      </div>
    </div>
  );
}
