import "./live/supervisor.ts";
