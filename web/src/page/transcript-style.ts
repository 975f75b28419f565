import { css } from "lit";

export const transcriptStyle = css`
  .scroll { height: 100%; overflow-y: auto; overscroll-behavior: contain; scrollbar-gutter: stable both-edges; scrollbar-width: thin; }
  .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
  .column { max-width: var(--column); margin: 0 auto; padding: 2.5rem var(--gutter) 5rem; }
  .welcome { padding: 12vh 0 2rem; max-width: 33rem; }
  .welcome h2 { font: 400 clamp(2.2rem, 6vw, 3.4rem) / 1.1 var(--serif); letter-spacing: -0.02em; margin: 0 0 1.25rem; }
  .welcome p { font-size: 1.0625rem; line-height: 1.65; margin: 0 0 1rem; color: var(--soft); }

  .welcome:has(+ .first) { padding: 1rem 0 0.75rem; }
  .first { max-width: 40rem; border-top: 1px solid var(--line); padding: 1.1rem 0 0; color: var(--soft); font-size: 0.9375rem; line-height: 1.6; }
  .first h2 { font: 600 0.9375rem / 1.4 system-ui, sans-serif; color: var(--ink); margin: 0 0 0.5rem; }
  .first ul { margin: 0 0 0.9rem; padding-inline-start: 1.1rem; }
  .first b { color: var(--ink); font-weight: 600; }
  .understood {
    font: inherit; font-size: 0.875rem; color: var(--ink); background: none; border: 1px solid var(--edge); border-radius: 99px;
    padding: 0.4rem 1.1rem; cursor: pointer;
  }
  .understood:hover { background: var(--hover); }
  .understood:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

  .entry { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); column-gap: 1.5rem; margin: 0 0 1.5rem; }
  .who { font-size: 0.8125rem; line-height: 1.85rem; font-weight: 600; color: var(--soft); white-space: nowrap; }
  .when { font-weight: 400; font-variant-numeric: tabular-nums; margin-left: 0.3rem; }
  .what p { margin: 0; font-size: 1.125rem; line-height: 1.65; overflow-wrap: anywhere; white-space: pre-wrap; }
  .reply .who { padding-top: 0.85rem; color: var(--accent); }
  .reply .what {
    background: var(--raised); border: 1px solid var(--line); border-radius: 0.25rem 1.1rem 1.1rem 1.1rem;
    padding: 0.85rem 1.15rem; min-height: 1.86rem;
  }
  .unsure {
    color: var(--soft); font-style: italic; text-decoration: underline dotted 1px; text-underline-offset: 0.28em;
  }
  .sending p { color: var(--soft); }
  .caret {
    display: inline-block; width: 0.5ch; height: 1.05em; margin-left: 0.15ch; vertical-align: -0.16em;
    background: var(--accent); border-radius: 1px; animation: blink 1.1s steps(2, jump-none) infinite;
  }
  @keyframes blink { to { opacity: 0.15; } }
  .outcome { font-size: 0.9375rem !important; color: var(--warn); margin-top: 0.35rem !important; }
  .sources { font-size: 0.875rem; color: inherit; margin: 0.35rem 0 0; padding: 0; list-style: none; }
  .outcome:first-child { margin-top: 0 !important; }
  .what p:empty { display: none; }

  .taken { color: var(--bad); text-decoration: line-through; animation: taken 1.6s ease-in forwards; }
  @keyframes taken { 0%, 60% { opacity: 1; } 100% { opacity: 0; } }
  .marks { list-style: none; display: flex; flex-wrap: wrap; gap: 0.35rem 1rem; margin: 0.55rem 0 0; padding: 0; }
  .marks li { font-size: 0.8125rem; color: var(--soft); }
  .marks .redact, .marks .flag { color: var(--warn); }
  .marks .block, .marks .retract { color: var(--bad); }
  .remark {
    margin: 0 0 1.5rem; font-size: 0.875rem; color: var(--soft); display: flex; align-items: center; gap: 1rem;
  }
  .remark::before, .remark::after { content: ""; flex: 1; height: 1px; background: var(--line); }

  .latest {
    position: absolute; bottom: 0.75rem; left: 50%; translate: -50% 0; font: inherit; font-size: 0.875rem;
    color: var(--ink); background: var(--raised); border: 1px solid var(--edge); border-radius: 99px;
    padding: 0.5rem 1rem; cursor: pointer; box-shadow: 0 2px 12px rgb(0 0 0 / 0.12);
  }
  .latest[hidden] { display: none; }
  .latest:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

  @media (max-width: 40rem) {
    .entry { grid-template-columns: minmax(0, 1fr); row-gap: 0.15rem; }
    .reply .who { padding-top: 0; }
    .column { padding-top: 1.5rem; }
    .welcome { padding-top: 6vh; }
  }
  @media (prefers-reduced-motion: reduce) { .caret { animation: none; } }
`;
