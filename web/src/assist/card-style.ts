import { css } from "lit";

export const cardStyle = css`
  :host { display: block; min-height: 0; min-width: 0; }
  .card {
    box-sizing: border-box; height: 100%; display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr);
    background: var(--raised); border: 1px solid var(--line); border-inline-start: 3px solid var(--accent); border-radius: 0.5rem;
  }
  .card:focus-within { border-color: var(--edge); border-inline-start-color: var(--accent); }
  .card.empty { background: none; border: 1px dashed var(--line); place-items: center; grid-template: 1fr / 1fr; }
  .none { color: var(--soft); font-size: 0.875rem; margin: 0; }
  .question { border-inline-start-color: var(--edge); }
  .checklist { border-inline-start-color: var(--warn); }
  header { display: flex; align-items: baseline; gap: 0.5rem; padding: 0.45rem 0.75rem 0.2rem; font-size: 0.8125rem; min-width: 0; }
  kbd {
    font: inherit; font-size: 0.75rem; line-height: 1.1rem; min-width: 1.1rem; text-align: center; color: var(--soft); border: 1px solid var(--line);
    border-radius: 0.25rem;
  }
  header strong { white-space: nowrap; font-weight: 600; }
  .asked { color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: 1; }
  .body { overflow-y: auto; scrollbar-width: thin; padding: 0.1rem 0.75rem; margin: 0; min-height: 0; }
  .body p { margin: 0; line-height: 1.45; overflow-wrap: anywhere; }
  textarea.body {
    font: inherit; line-height: 1.45; color: inherit; background: var(--ground); border: 1px solid var(--edge); border-radius: 0.35rem;
    margin: 0 0.6rem; resize: none;
  }
  ul { list-style: none; margin: 0; margin-inline-start: auto; padding: 0; display: flex; gap: 0.75rem; min-width: 0; overflow: hidden; }
  li { min-width: 0; }
  .source {
    background: none; border: 0; padding: 0.15rem 0; min-height: 1.5rem; color: var(--accent); font-size: 0.8125rem; text-align: start; max-width: 100%;
    overflow: hidden; text-overflow: ellipsis; white-space: nowrap; display: block;
    text-decoration: underline; text-underline-offset: 0.2em;
  }
  footer { display: flex; align-items: center; gap: 0.4rem; padding: 0.3rem 0.6rem 0.45rem; min-height: 1.9rem; font-size: 0.8125rem; }
  footer button { background: none; border: 1px solid var(--edge); border-radius: 0.35rem; padding: 0.15rem 0.7rem; min-height: 1.75rem; }
  footer button:hover:enabled { background: var(--hover); }
  footer .main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
  footer .main:hover:enabled { background: var(--accent); }
  footer button:disabled { opacity: 0.5; cursor: default; }
  .dealt { color: var(--soft); line-height: 1.75rem; }
  .better { color: var(--accent); white-space: nowrap; }
`;
