/** The page that the client runs in, if it is one: when it goes, and when the browser brings it back. */

interface Page {
  readonly addEventListener?: (type: string, listener: () => void) => void;
  readonly removeEventListener?: (type: string, listener: () => void) => void;
}

/** Calls these until the returned function is called. On a platform without pages nothing happens. */
export function onPage(goes: () => void, comes: () => void): () => void {
  const page = globalThis as Page;
  page.addEventListener?.('pagehide', goes);
  page.addEventListener?.('pageshow', comes);
  return () => {
    page.removeEventListener?.('pagehide', goes);
    page.removeEventListener?.('pageshow', comes);
  };
}
