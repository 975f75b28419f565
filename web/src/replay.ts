import "./replay/replay.ts";
