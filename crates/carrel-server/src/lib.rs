//! HTTP: API, pages, events, the mounted proxy, the embedded pages.
