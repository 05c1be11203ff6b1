import { SourceError } from "../source-error.ts";

/** Without slashes at its end. Credentials go over TLS, or stay on the machine: throws `SourceError` for another URL, by who named it. */
export function safeUrl(what: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url?.hostname ?? "");
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isLocal);
  // A user's name and password would be shown with the place in every fault.
  if (isSafe && !url.username && !url.password) return text.replace(/\/+$/, "");
  throw new SourceError(`${what}${url?.username || url?.password ? "" : ` ${text}`}: expected https://HOST`);
}
