import { css } from "lit";

export const assistStyle = css`
  :host {
    display: grid; grid-template: minmax(0, 1.6fr) 1.5rem minmax(0, 1fr) / minmax(0, 1fr); height: 100%; min-height: 34rem; box-sizing: border-box;
    padding: 0.75rem; container-type: inline-size;
  }
  .cards { display: grid; grid-template-rows: repeat(3, minmax(0, 1fr)); gap: 0.6rem; min-height: 0; }
  .line { margin: 0; font-size: 0.8125rem; line-height: 1.5rem; color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .below { display: grid; grid-template: minmax(0, 1fr) minmax(0, 1fr) / minmax(0, 1fr) minmax(0, 1.2fr); gap: 0.5rem 1rem; min-height: 0; }
  .below section { display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); min-height: 0; min-width: 0; }
  .summary { grid-area: 1 / 2 / 3 / 3; }
  h2 { font-size: 0.875rem; font-weight: 600; line-height: 1.5rem; margin: 0; color: var(--soft); }
  .box {
    overflow-y: auto; scrollbar-width: thin; margin: 0; padding: 0.3rem 0.6rem; font-size: 0.875rem; line-height: 1.4; background: var(--raised);
    border: 1px solid var(--line); border-radius: 0.5rem; box-sizing: border-box; min-height: 0;
  }
  .box p { margin: 0 0 0.25rem; overflow-wrap: anywhere; }
  ul.box { list-style: none; }
  .box li { display: flex; gap: 0.5rem; }
  .done { color: var(--soft); }
  .at { font-size: 0.75rem; color: var(--soft); margin-inline-end: 0.4rem; font-variant-numeric: tabular-nums; }
  .talk_over, .dead_air { color: var(--warn); }
  .note { color: var(--accent); font-weight: 600; }
  .none { color: var(--soft); }
  .summary strong { font-weight: 600; color: var(--soft); text-transform: capitalize; }
  textarea.box { font: inherit; font-size: 0.875rem; line-height: 1.4; color: inherit; border-color: var(--edge); resize: none; }
  .keep { display: flex; align-items: center; gap: 0.75rem; font-size: 0.8125rem; padding-top: 0.4rem; min-height: 1.75rem; color: var(--soft); }
  .main { background: var(--accent); color: var(--on-accent); border: 1px solid var(--accent); border-radius: 0.35rem; padding: 0.2rem 0.9rem; min-height: 1.75rem; }
  .main:disabled { opacity: 0.5; cursor: default; }
  dialog {
    color: var(--ink); background: var(--raised); border: 1px solid var(--edge); border-radius: 0.75rem; padding: 1.25rem 1.5rem; max-width: min(38rem, 90vw);
    box-shadow: 0 10px 40px rgb(0 0 0 / 0.2);
  }
  dialog::backdrop { background: rgb(0 0 0 / 0.35); }
  dialog h2 { color: var(--ink); font-size: 1.0625rem; }
  .place { color: var(--soft); font-size: 0.875rem; margin: 0.1rem 0 0.6rem; }
  mark { background: none; color: var(--ink); font-weight: 600; }
  blockquote { margin: 0 0 0.75rem; padding-inline-start: 0.9rem; border-inline-start: 3px solid var(--accent); line-height: 1.55; overflow-wrap: anywhere; color: var(--soft); }
  form { display: flex; gap: 0.6rem; }
  form button:not(.main) { background: none; border: 1px solid var(--edge); border-radius: 0.35rem; padding: 0.2rem 0.9rem; }
  @container (max-width: 26rem) {
    .below { grid-template: repeat(3, minmax(0, 1fr)) / minmax(0, 1fr); }
    .summary { grid-area: auto; }
  }
`;
