import "./page/page.ts";
import "./page/watching.ts";

const watched = new URLSearchParams(location.search).has("watch");
document.body.prepend(document.createElement(watched ? "vv-watch" : "vv-page"));
