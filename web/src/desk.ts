import "./desk/desk.ts";
