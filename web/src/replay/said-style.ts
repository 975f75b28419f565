import { css } from "lit";

export const saidStyle = css`
  :host { display: block; position: relative; min-height: 0; }
  .unseen {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
  }
  .scroll { position: absolute; inset: 0; overflow: auto; overscroll-behavior: contain; }
  .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: -3px; }
  .lines { padding: 1rem var(--gutter) 40vh 0; }
  .nothing { color: var(--soft); }
  .line {
    display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); column-gap: 1.25rem; padding: 0.45rem 0.75rem; position: relative;
    border-radius: 0.5rem;
  }
  .line.now { background: var(--foot); box-shadow: inset 3px 0 var(--accent); }
  .who { font-size: 0.8125rem; line-height: 1.7rem; display: flex; justify-content: space-between; align-items: baseline; gap: 0.5rem; white-space: nowrap; }
  .name { font-weight: 600; color: var(--soft); }
  .name[data-channel="0"] { color: var(--accent); }
  .name[data-channel="1"] { color: var(--warn); }
  button { font: inherit; cursor: pointer; color: inherit; }
  :is(button, textarea):focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  .when {
    border: 0; background: none; padding: 0 0.3rem; margin: 0 -0.3rem; border-radius: 0.3rem; color: var(--soft);
    font-variant-numeric: tabular-nums;
  }
  .when:hover { color: var(--ink); background: var(--hover); }
  .text { margin: 0; line-height: 1.7rem; overflow-wrap: anywhere; white-space: pre-wrap; }
  .reply .text { color: var(--soft); }
  [data-word] { cursor: pointer; border-radius: 0.2rem; }
  [data-word]:hover { background: var(--hover); }
  .changed { text-decoration: underline dotted 1.5px var(--accent); text-underline-offset: 0.25em; }
  [data-word].lit { background: var(--accent); color: var(--on-accent); box-shadow: 0 0 0 0.12em var(--accent); }
  ::highlight(found) { background-color: var(--notice-edge); color: var(--ink); }
  ::highlight(found-now) { background-color: var(--ink); color: var(--ground); }
  .foot { display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; font-size: 0.8125rem; line-height: 1.4; color: var(--soft); }
  .verdict { color: var(--warn); }
  .original q { color: var(--ink); }
  .original button, .editor button {
    border: 1px solid var(--edge); background: none; border-radius: 99px; padding: 0.05rem 0.6rem; margin-left: 0.4rem; color: var(--ink);
  }
  :is(.original, .editor) button:hover { background: var(--hover); }
  .edit {
    position: absolute; right: 0.5rem; top: 0.45rem; font-size: 0.8125rem; border: 1px solid var(--edge); background: var(--raised);
    border-radius: 99px; padding: 0.1rem 0.6rem; opacity: 0;
  }
  .what:has(> .edit) { padding-right: 5rem; } /* so that no word is under it */
  .line:hover .edit, .edit:focus-visible, .line.now .edit { opacity: 1; }
  .editor { display: flex; flex-wrap: wrap; gap: 0.4rem; align-items: center; font-size: 0.875rem; }
  .editor textarea {
    flex: 1 1 100%; font: inherit; font-size: 1rem; line-height: 1.6; color: var(--ink); background: var(--raised);
    border: 1px solid var(--edge); border-radius: 0.5rem; padding: 0.4rem 0.6rem; box-sizing: border-box; field-sizing: content;
  }
  .editor button { margin: 0; padding: 0.2rem 0.9rem; }
  .editor .save { background: var(--accent); color: var(--on-accent); border-color: var(--accent); }
  .editor .save:hover { background: var(--accent-deep); }
  .hint { color: var(--soft); }
  .follow {
    position: absolute; bottom: 0.75rem; left: 50%; translate: -50% 0; font-size: 0.875rem; color: var(--ink); background: var(--raised);
    border: 1px solid var(--edge); border-radius: 99px; padding: 0.5rem 1rem; box-shadow: 0 2px 12px rgb(0 0 0 / 0.12);
  }
  .follow[hidden] { display: none; }
  @media (max-width: 40rem) {
    .line { grid-template-columns: minmax(0, 1fr); padding-right: 0.5rem; }
    .who { justify-content: flex-start; }
    .lines { padding-right: 0; }
    .what:has(> .edit) { padding-right: 0; } /* it stands beside the speaker's name */
  }
`;
