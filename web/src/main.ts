import "./page/page.ts";
