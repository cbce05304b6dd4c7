// Colours of what is drawn rather than styled: light, dark, and always light on paper.

const THEMES = {
  light: {
    lines: ["#22303c", "#5d6b76", "#98a2a9", "#ccd1d3"],
    tints: ["#f6f1e4", "#e6eef0", "#edf2e0", "#f6e9e1", "#ebe8f3"],
    chosen: "#0b5566", route: "#1b2733", halo: "#ffffff", unused: "#5a6670", paper: "#ffffff", veil: "#3f4a52",
  },
  dark: {
    lines: ["#e7edf0", "#9aa8b1", "#5f6e78", "#3a4750"],
    tints: ["#26302f", "#202c34", "#263027", "#302a28", "#2a2a36"],
    chosen: "#7fd0e0", route: "#f2f5f6", halo: "#10181e", unused: "#b4bfc6", paper: "#10181e", veil: "#000000",
  },
};

const theme = {
  printing: false,
  dark: window.matchMedia("(prefers-color-scheme: dark)"),
  listeners: [],
  now() {
    return THEMES[this.dark.matches && !this.printing ? "dark" : "light"];
  },
  tell() {
    for (const listener of this.listeners) listener(this.now());
  },
};

theme.dark.addEventListener("change", () => theme.tell());
