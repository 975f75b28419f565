/** What lies over the lanes, inside of wavesurfer's own shadow root. */
export const laneStyle = new CSSStyleSheet();
laneStyle.replaceSync(`
  .wrapper { padding-bottom: 40px; cursor: text; }
  .wrapper .cursor { height: calc(100% - 40px); }
  .canvases > div + div { border-top: 1px solid var(--line); box-sizing: border-box; }
  .marks { position: absolute; inset: 0; z-index: 6; pointer-events: none; }
  .lane {
    position: absolute; left: 0; font: 600 0.6875rem / 1 system-ui, sans-serif; color: var(--ink); padding: 3px 5px;
    background: color-mix(in srgb, var(--ground) 80%, transparent); border-radius: 0 0 5px 0;
  }
  .mark, .lag { position: absolute; pointer-events: auto; box-sizing: border-box; }
  .mark.gap {
    background: repeating-linear-gradient(135deg, color-mix(in srgb, var(--warn) 35%, transparent) 0 3px, transparent 3px 7px);
    border-inline: 1px solid var(--warn); min-width: 2px;
  }
  button.mark {
    width: 14px; height: 20px; margin: 0 0 0 -7px; bottom: 20px; padding: 0; border: 0; background: none; cursor: pointer;
  }
  button.mark::after {
    content: ""; position: absolute; left: 2px; top: 5px; width: 10px; height: 10px; box-sizing: border-box;
    background: var(--warn); border-radius: 2px;
  }
  button.mark.verdict::after { rotate: 45deg; }
  button.mark.urgent::after { background: var(--bad); }
  button.mark.pace::after { border-radius: 50%; background: none; border: 2px solid var(--warn); }
  button.mark.bookmark::after, button.mark.note::after {
    background: var(--accent); border-radius: 0; clip-path: polygon(0 0, 100% 0, 100% 100%, 50% 70%, 0 100%); height: 12px; top: 4px;
  }
  button.mark.note::after { clip-path: none; border-radius: 2px 2px 2px 0; height: 9px; }
  button.mark:hover::after { scale: 1.25; }
  button.mark:focus-visible { outline: 2px solid var(--accent); outline-offset: 0; border-radius: 4px; }
  .lag { bottom: 0; height: 18px; min-width: 2px; }
  .lag::after {
    content: ""; position: absolute; inset: auto 0 0 0; height: max(2px, calc(var(--lag) * 18px)); background: var(--soft);
    opacity: 0.55; border-radius: 1px 1px 0 0;
  }
  .lag:hover::after { opacity: 1; }
`);
