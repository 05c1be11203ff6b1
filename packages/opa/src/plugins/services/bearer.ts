import { readFileSync } from "node:fs";
import { PluginConfigError, stringAt } from "../config-fields.ts";
import type { CredentialKind } from "./credentials.ts";

/**
 * `bearer`: a token, or the file that holds it, which is read each time: it may be renewed. A registry is shown it in Base64, so that with
 * the scheme `Basic` it is `user:password`.
 */
export const bearer: CredentialKind = (config, { isOci }) => {
  const scheme = stringAt(config, "scheme") || "Bearer";
  const [token = "", path = ""] = [stringAt(config, "token"), stringAt(config, "token_path")];
  if ((token === "") === (path === "")) throw new PluginConfigError("a token or a token_path is needed");
  return {
    headersOf: async () => {
      const shown = path === "" ? token : readFileSync(path, "utf8").trim();
      return { Authorization: `${scheme} ${isOci ? Buffer.from(shown).toString("base64") : shown}` };
    },
  };
};
