import { readFileSync } from "node:fs";
import { PluginConfigError, stringAt } from "../config-fields.ts";
import type { CredentialKind } from "./credentials.ts";

/** `bearer`: a token, or the file that holds it, which is read each time: it may be renewed. */
export const bearer: CredentialKind = (config) => {
  const scheme = stringAt(config, "scheme") || "Bearer";
  const [token = "", path = ""] = [stringAt(config, "token"), stringAt(config, "token_path")];
  if ((token === "") === (path === "")) throw new PluginConfigError("a token or a token_path is needed");
  return {
    headersOf: async () => ({
      Authorization: `${scheme} ${path === "" ? token : readFileSync(path, "utf8").trim()}`,
    }),
  };
};
