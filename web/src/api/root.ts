/** The path below which the server is seen, like `/carrel`; nothing when it has its host for itself. It stands in the page. */
export const root = document.documentElement.dataset.root ?? "";
