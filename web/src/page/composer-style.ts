import { css } from "lit";

export const composerStyle = css`
  :host { display: block; background: var(--ground); border-top: 1px solid var(--line); position: relative; }
  .column { max-width: var(--column); margin: 0 auto; padding: 1.1rem var(--gutter) 0.9rem; }
  .unseen {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
  }
  .meter {
    position: absolute; top: -2px; left: 0; width: 100%; height: 3px; background: var(--record);
    transform: scaleX(var(--level, 0)); transform-origin: center; transition: transform 80ms linear;
  }
  form { display: flex; gap: 1rem; align-items: flex-end; position: relative; }
  button { font: inherit; color: inherit; cursor: pointer; }
  :is(button, select, textarea, input):focus-visible, .field:focus-within {
    outline: 2px solid var(--accent); outline-offset: 2px;
  }
  .field textarea:focus-visible { outline: none; }

  .microphone {
    flex: none; width: 3.5rem; height: 3.5rem; border-radius: 50%; border: 0; padding: 0;
    display: grid; place-items: center; background: var(--accent); color: var(--on-accent);
    box-shadow: 0 0 0 calc(var(--level, 0) * 0.7rem) color-mix(in srgb, var(--record) 22%, transparent);
    transition: box-shadow 80ms linear, background-color 160ms;
  }
  .microphone:hover { background: var(--accent-deep); }
  .microphone.on { background: var(--record); color: var(--on-record); }
  .microphone.asking { background: var(--soft); color: var(--ground); }
  .filled path { fill: currentColor; }

  .field {
    flex: 1; min-width: 0; display: flex; align-items: flex-end; background: var(--raised);
    border: 1px solid var(--edge); border-radius: 1.75rem; padding: 0.3rem;
  }
  textarea {
    flex: 1; min-width: 0; border: 0; background: none; color: var(--ink); font: inherit; font-size: 1.0625rem;
    line-height: 1.5rem; padding: 0.65rem 0.5rem 0.65rem 1.1rem; resize: none; max-height: 9rem; field-sizing: content;
  }
  textarea::placeholder { color: var(--soft); opacity: 1; }
  .plain {
    flex: none; width: 2.75rem; height: 2.75rem; border: 0; border-radius: 50%; background: none; padding: 0;
    display: grid; place-items: center; color: var(--soft);
  }
  .plain:hover { background: var(--hover); color: var(--ink); }
  .pause { align-self: center; }
  .pause[hidden] { display: none; }
  .pause[aria-pressed="true"] { background: var(--record); color: var(--on-record); }
  .send[aria-disabled="false"] { background: var(--accent-soft); color: var(--accent); }
  .send[aria-disabled="true"] { cursor: default; background: none; color: var(--soft); }

  .options {
    display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 1.75rem; margin: 0.8rem 0 0 4.5rem;
    min-height: 2.25rem; font-size: 0.875rem; color: var(--soft);
  }
  .options label { display: inline-flex; align-items: center; gap: 0.55rem; }
  select {
    font: inherit; color: var(--ink); background: var(--raised); border: 1px solid var(--edge);
    border-radius: 0.5rem; padding: 0.3rem 0.4rem;
  }
  .switch { cursor: pointer; color: var(--ink); position: relative; }
  .switch input { position: absolute; opacity: 0; width: 2.25rem; height: 1.35rem; margin: 0; cursor: pointer; z-index: 1; }
  .track {
    width: 2.25rem; height: 1.35rem; border-radius: 1rem; background: var(--edge); position: relative;
    transition: background-color 140ms; box-sizing: border-box;
  }
  .track::after {
    content: ""; position: absolute; top: 0.175rem; left: 0.175rem; width: 1rem; height: 1rem; border-radius: 50%;
    background: var(--raised); transition: translate 140ms;
  }
  input:checked + .track { background: var(--accent); }
  input:checked + .track::after { translate: 0.9rem 0; }
  .switch input:focus-visible + .track { outline: 2px solid var(--accent); outline-offset: 2px; }
  .settings {
    font-size: 0.875rem; color: var(--ink); background: none; border: 1px solid var(--edge); border-radius: 99px; padding: 0.3rem 0.9rem;
  }
  .settings:hover { background: var(--hover); }
  [popover] {
    inset: auto; position: fixed; bottom: 14.2rem; left: max(1rem, calc(50vw - var(--column) / 2 + 1rem)); margin: 0; width: min(26rem, calc(100vw - 2rem));
    max-height: calc(100dvh - 15.2rem); overflow: auto; box-sizing: border-box; color: var(--ink); background: var(--raised);
    border: 1px solid var(--edge); border-radius: 1rem; padding: 1.1rem 1.4rem; box-shadow: 0 10px 40px rgb(0 0 0 / 0.18);
  }
  h2 { font: 500 1.0625rem / 1.3 var(--serif); margin: 0 0 0.8rem; }
  .field-row { display: flex; align-items: center; gap: 0.75rem; margin: 0.5rem 0; }
  .field-row > :first-child:not(.switch) { flex: 0 0 6rem; }
  .field-row select { flex: 1; min-width: 0; }
  .gauge { flex: 1; height: 0.6rem; border: 1px solid var(--edge); border-radius: 1rem; overflow: hidden; }
  .gauge i { display: block; height: 100%; background: var(--record); transform: scaleX(var(--level, 0)); transform-origin: left; }
  .hint { margin: 0.2rem 0 0.9rem; font-size: 0.8125rem; color: var(--soft); line-height: 1.45; }
  #hotwords {
    display: block; width: 100%; box-sizing: border-box; margin: 0.35rem 0; padding: 0.5rem 0.7rem; font-size: 0.9375rem; resize: vertical;
    background: var(--raised); border: 1px solid var(--edge); border-radius: 0.5rem; max-height: 9rem; field-sizing: fixed;
  }
  kbd {
    font: inherit; font-size: 0.8125rem; border: 1px solid var(--edge); border-radius: 0.3rem; padding: 0.05rem 0.4rem;
    margin: 0 0.3rem 0 0.9rem;
  }
  .keys { margin: 0 0 0.9rem; font-size: 0.8125rem; color: var(--soft); }
  .keys kbd:first-child { margin-left: 0; }
  .file { display: inline-flex; align-items: center; gap: 0.75rem; color: var(--ink); min-width: 0; }
  .name { max-width: 12rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  progress { width: 7rem; height: 0.4rem; accent-color: var(--accent); }
  .file button { border: 1px solid var(--edge); background: none; border-radius: 99px; padding: 0.25rem 0.8rem; }
  .file button:hover { background: var(--hover); }

  @media (max-width: 40rem) {
    form { gap: 0.6rem; }
    .options { margin-left: 0; gap: 0.4rem 1.2rem; }
    .keys { display: none; }
    .column { padding-bottom: 0.6rem; }
    textarea { font-size: 1rem; padding-left: 0.7rem; padding-right: 0; }
    textarea::placeholder { white-space: nowrap; }
    .plain { width: 2.4rem; }
    [popover] { bottom: 17rem; left: 1rem; max-height: calc(100dvh - 18rem); }
  }
  @media (hover: none) { .keys { display: none; } }
  @media (prefers-reduced-motion: reduce) {
    .microphone { box-shadow: none; }
    .microphone, .track, .track::after, .meter { transition: none; }
  }
`;
