/** Where all texts together are longer than this, each is cut; and where the cut ones are, the rest is left out. k8s.io/apiserver/pkg/endpoints/filters/warning.go */
const maxTotal = 4 * 1024;
const maxCut = 256;

/** The `Warning` headers of texts, as Node takes them: empty ones and those that no header can hold are left out, and each is told once, as kube-apiserver does. RFC 7234 section 5.5 */
export function warningHeaders(texts: readonly string[]): readonly string[] {
  if (texts.length === 0) return texts;
  const whole = [...new Set(texts)].filter((text) => text !== "").map((text) => [...text]);
  return fitting(whole)
    .map((each) => each.join(""))
    .filter((text) => !/\p{Cc}/u.test(text))
    .map((text) => latin1(`299 - "${text.replaceAll(/["\\]/g, "\\$&")}"`));
}

/** All as they are, if they fit; else cut ones, the first of them whatever they come to: those that were told before one was too many. */
function fitting(texts: readonly (readonly string[])[]): readonly (readonly string[])[] {
  let total = 0;
  const first = texts.findIndex(({ length }) => (total += length) > maxTotal);
  if (first < 0) return texts;
  let written = 0;
  return texts
    .map((each) => each.slice(0, maxCut))
    .filter(({ length }, i) => {
      if (i > first && written >= maxTotal) return false;
      written += length;
      return true;
    });
}

/** UTF-8, byte by byte: what is beyond ASCII goes out as it is. */
function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
