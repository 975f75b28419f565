import { css } from "lit";

/** The colours and letters of all components, each to be set from outside as `--vv-…`; light and dark by `color-scheme`. */
export const themed = css`
  :host {
    --ground: var(--vv-ground, light-dark(#f8f9f8, #101615));
    --raised: var(--vv-raised, light-dark(#ffffff, #19211f));
    --hover: var(--vv-hover, light-dark(#e6ecea, #24302d));
    --line: var(--vv-line, light-dark(#e0e6e4, #25302d));
    --edge: var(--vv-edge, light-dark(#84938f, #6c7d78));
    --ink: var(--vv-ink, light-dark(#17211f, #e7eeec));
    --soft: var(--vv-soft, light-dark(#556561, #9fb0ab));
    --accent: var(--vv-accent, light-dark(#0b6a5e, #74d3c3));
    --accent-soft: var(--vv-accent-soft, light-dark(#dcefeb, #1d3a35));
    --on-accent: var(--vv-on-accent, light-dark(#ffffff, #06211d));
    --record: var(--vv-record, light-dark(#b8322a, #ff8479));
    --on-record: var(--vv-on-record, light-dark(#ffffff, #330a06));
    --warn: var(--vv-warn, light-dark(#8a4b00, #f2b866));
    --bad: var(--vv-bad, light-dark(#a3261f, #ff9a90));
    --serif: var(--vv-serif, "Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", ui-serif, Georgia, serif);
    color: var(--ink);
    font: var(--vv-font, 400 1rem / 1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif);
  }
  button { font: inherit; color: inherit; cursor: pointer; }
  button, textarea, input { touch-action: manipulation; }
  :is(a, button, input, textarea, [tabindex]):focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  .unseen {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
  }
`;
