import { type FieldError, invalid } from "../../../names.ts";
import { formatted } from "../../checks.ts";
import { dns1123Subdomain } from "../../formats.ts";
import type { Fields } from "../../rules.ts";

/** Upstream's limits: bytes of a specification, and characters of the parts of a user's name. */
const [maxSpecBytes, maxDomain, maxUser] = [64 * 1024, 256, 104];

const netBiosDomain = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const dnsLabel = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
const dnsDomain = new RegExp(`^${dnsLabel}(?:\\.${dnsLabel})*$`);
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const control = /[\x00-\x1f\x7f]/;

/** validateWindowsSecurityContextOptions. */
export function validateWindowsOptions(options: Fields | undefined, path: string): readonly FieldError[] {
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName: user } = options ?? {};
  const field = `${path}.gmsaCredentialSpec`;
  return [
    ...(name === undefined ? [] : formatted(`${path}.gmsaCredentialSpecName`, name, dns1123Subdomain)),
    ...(spec === "" ? [invalid(field, spec, "gmsaCredentialSpec cannot be an empty string")] : []),
    ...(spec !== undefined && new TextEncoder().encode(spec).length > maxSpecBytes
      ? [invalid(field, spec, `gmsaCredentialSpec size must be under ${maxSpecBytes / 1024} KiB`)]
      : []),
    ...(user === undefined ? [] : userFaults(user).map((each) => invalid(`${path}.runAsUserName`, user, each))),
  ];
}

/** `DOMAIN\\user`, or a user alone. */
function userFaults(whole: string): readonly string[] {
  if (whole === "") return ["runAsUserName cannot be an empty string"];
  if (control.test(whole)) return ["runAsUserName cannot contain control characters"];
  const parts = whole.split("\\");
  if (parts.length > 2) return ["runAsUserName cannot contain more than one backslash"];
  const [domain, user] = parts.length === 1 ? [undefined, whole] : (parts as [string, string]);
  const faults: readonly (readonly [isWrong: boolean, why: string])[] = [
    [(domain ?? "").length >= maxDomain, `runAsUserName's Domain length must be under ${maxDomain} characters`],
    [
      domain !== undefined && !netBiosDomain.test(domain) && !dnsDomain.test(domain),
      "runAsUserName's Domain doesn't match the NetBios nor the DNS format",
    ],
    [user === "", "runAsUserName's User cannot be empty"],
    [user.length > maxUser, `runAsUserName's User length must not be longer than ${maxUser} characters`],
    [/^[. ]+$/.test(user), "runAsUserName's User cannot contain only periods or spaces"],
    [
      /["/\\:;|=,+*?<>@[\]]/.test(user),
      `runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`,
    ],
  ];
  return faults.filter(([isWrong]) => isWrong).map(([, why]) => why);
}
