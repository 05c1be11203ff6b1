import { Transform } from "node:stream";

/** Where links that begin at the root of the proxied server, or at its own host, are to lead. */
export interface LinkPlace {
  readonly prefix: string;
  readonly host: string;
}

/** Attributes that hold URLs, with the elements that have them. HTML 4 and 5. */
const attributes: { readonly [name: string]: ReadonlySet<string> } = {
  action: new Set(["form"]),
  background: new Set(["body"]),
  cite: new Set(["blockquote", "del", "ins", "q"]),
  classid: new Set(["object"]),
  codebase: new Set(["applet", "object"]),
  data: new Set(["object"]),
  formaction: new Set(["button", "input"]),
  href: new Set(["a", "area", "base", "link"]),
  icon: new Set(["command"]),
  longdesc: new Set(["frame", "iframe", "img"]),
  manifest: new Set(["html"]),
  poster: new Set(["video"]),
  profile: new Set(["head"]),
  src: new Set(["audio", "embed", "frame", "iframe", "img", "input", "script", "source", "video"]),
  usemap: new Set(["img", "input", "object"]),
};

/** A tag that is longer is passed on as it is. */
const maxTagLength = 64 * 1024;

const tag = /<([a-zA-Z][a-zA-Z0-9]*)((?:"[^"]*"|'[^']*'|[^'">])*)>/g;
const attribute = /(\s)([a-zA-Z-]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)/g;

/** A link of a page as it must be for who reads the page through us. */
export function rewriteLink(link: string, { prefix, host }: LinkPlace): string {
  const [, linkHost, path = ""] = /^(?:https?:)?\/\/([^/?#]*)(.*)$/i.exec(link) ?? [];
  if (linkHost !== undefined) return linkHost === host ? `${prefix}${path.startsWith("/") ? path : `/${path}`}` : link;
  return link.startsWith("/") && !link.startsWith(`${prefix}/`) ? `${prefix}${link}` : link;
}

/** Rewrites the links of a page as it comes by. */
export class LinkRewriter extends Transform {
  readonly #place: LinkPlace;
  #pending = "";

  constructor(place: LinkPlace) {
    super();
    this.#place = place;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // Latin 1 keeps every byte as it is; tags and URLs are ASCII.
    const text = this.#pending + chunk.toString("latin1");
    const open = text.lastIndexOf("<");
    const cut = open === -1 || text.includes(">", open) || text.length - open > maxTagLength ? text.length : open;
    this.#pending = text.slice(cut);
    this.push(this.#rewritten(text.slice(0, cut)), "latin1");
    done();
  }

  override _flush(done: () => void): void {
    this.push(this.#pending, "latin1");
    done();
  }

  #rewritten(text: string): string {
    return text.replace(tag, (whole, element: string, inside: string) => {
      const rewritten = inside.replace(
        attribute,
        (same, space: string, name: string, equals: string, value: string) => {
          if (attributes[name.toLowerCase()]?.has(element.toLowerCase()) !== true) return same;
          const quote = /^["']/.exec(value)?.[0] ?? "";
          const link = quote === "" ? value : value.slice(1, -1);
          return `${space}${name}${equals}${quote}${rewriteLink(link, this.#place)}${quote}`;
        },
      );
      return rewritten === inside ? whole : `<${element}${rewritten}>`;
    });
  }
}
