import { Section } from "./elements.tsx";

/** What no page of this kind can show, whatever its verdict. */
export function Limits() {
  return (
    <Section id="limits" title="What this page cannot show">
      <ul>
        <li>
          <strong>It trusts the program.</strong> The observation finds mistakes of people who mean well. A
          program that wants to hide from it can: it is no security boundary and no proof of good intent.
        </li>
        <li>
          <strong>One run is one path.</strong> What the program does with other data, other arguments or on
          another day was not seen.
        </li>
        <li>
          <strong>The network was simulated.</strong> Nothing answered, as in the real place; how long an
          attempt hangs there may differ.
        </li>
        <li>
          <strong>There was no GPU.</strong> Drivers, GPU memory and speed were not tested.
        </li>
        <li>
          <strong>The machine differs.</strong> Kernel, storage, memory and the cluster’s own limits are not
          those of the real place.
        </li>
        <li>
          <strong>The decision is not made here.</strong> The people who govern the place decide; this page is
          evidence for them.
        </li>
      </ul>
      <p>
        All that this page says stands in <code>report.json</code> beside it, for tools to read.
      </p>
    </Section>
  );
}
