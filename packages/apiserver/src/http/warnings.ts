/** Where all texts together are longer than this, each is cut. k8s.io/apiserver/pkg/endpoints/filters/warning.go */
const maxTotal = 4 * 1024;
const maxCut = 256;

/** The `Warning` headers of texts, as Node takes them: empty ones and those that no header can hold are left out, and each is told once, as kube-apiserver does. RFC 7234 section 5.5 */
export function warningHeaders(texts: readonly string[]): readonly string[] {
  if (texts.length === 0) return texts;
  const runes = [...new Set(texts)].filter((text) => text !== "").map((text) => [...text]);
  const isCut = runes.reduce((sum, { length }) => sum + length, 0) > maxTotal;
  return runes
    .map((each) => (isCut ? each.slice(0, maxCut) : each).join(""))
    .filter((text) => !/\p{Cc}/u.test(text))
    .map((text) => latin1(`299 - "${text.replaceAll(/["\\]/g, "\\$&")}"`));
}

/** UTF-8, byte by byte: what is beyond ASCII goes out as it is. */
function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
