import { css } from "lit";

/** What all parts of the page have. */
export const commonStyle = css`
  .unseen {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
  }
  button, input, select, textarea { font: inherit; color: inherit; }
  button { cursor: pointer; }
  :is(button, input, select, textarea, a, summary):focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  .quiet {
    font-size: 0.875rem; color: var(--soft); background: none; border: 1px solid transparent; border-radius: 99px;
    padding: 0.4rem 0.85rem; white-space: nowrap; text-decoration: none; display: inline-block; box-sizing: border-box; line-height: 1.3;
  }
  .quiet:hover:not(:disabled) { color: var(--ink); background: var(--hover); }
  .quiet:disabled { opacity: 0.45; cursor: default; }
  .danger { color: var(--bad); }
  input, select, textarea {
    color: var(--ink); background: var(--raised); border: 1px solid var(--edge); border-radius: 0.5rem; padding: 0.3rem 0.5rem;
    box-sizing: border-box; min-width: 0;
  }
  ::placeholder { color: var(--soft); opacity: 1; }
  h1, h2 { font-family: var(--serif); font-weight: 500; margin: 0; line-height: 1.3; }
  .hint { color: var(--soft); font-size: 0.9375rem; }
  .length { color: var(--soft); font-variant-numeric: tabular-nums; white-space: nowrap; }
  kbd { font: inherit; font-size: 0.8125rem; border: 1px solid var(--edge); border-radius: 0.3rem; padding: 0.05rem 0.4rem; }
  .tags { list-style: none; display: flex; flex-wrap: wrap; gap: 0.3rem 0.5rem; margin: 0; padding: 0; font-size: 0.8125rem; color: var(--soft); }
  .tags li {
    border: 1px solid var(--line); border-radius: 99px; padding: 0.05rem 0.6rem; max-width: min(16rem, 100%); box-sizing: border-box;
    overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  }
  .tags .verdict { color: var(--warn); border-color: currentColor; }
  .tags .open { color: var(--record); border-color: currentColor; }
  .tags b { font-weight: 600; }
`;
