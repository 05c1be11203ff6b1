import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BundleError, type BundleFile, signaturesPath, signaturesText, signFiles } from "@sallyport/opa";
import { signingConfig, signingFlags } from "../../opa/bundle-keys.ts";
import { type Call, type OpaCommand, PrintedFault, UsageFault } from "../../opa/command.ts";
import { readBundleSource, signedPrefix } from "../../opa/read-bundle.ts";
import { LoadError, systemFault } from "../../opa/read-data.ts";

export const signCommand: OpaCommand = {
  name: "sign",
  usage: "<path> [<path> [...]] [flags]",
  summary: "Write the signature of bundles",
  description:
    "Writes .signatures.json, which names the files of bundles with their hashes, signed by a key. Put into the bundle, it lets whoever loads it know that nothing was changed.",
  examples: `
  sallyport opa sign --signing-key private.pem --bundle policies/
  sallyport opa sign --signing-alg HS256 --signing-key secret -b bundle.tar.gz -o signatures/`,
  flags: [
    { name: "bundle", short: "b", kind: "bool", usage: "the paths are bundles: folders or archives" },
    { name: "output-file-path", short: "o", kind: "string", default: ".", usage: "folder of .signatures.json" },
    ...signingFlags,
  ],
  run: runSign,
};

async function runSign({ args, flags }: Call): Promise<number> {
  if (args.length === 0) throw new UsageFault("specify atleast one path containing policy and/or data files");
  if (flags.string("signing-key") === "")
    throw new UsageFault(
      "specify the secret (HMAC) or path of the PEM file containing the private key (RSA and ECDSA)",
    );
  if (!flags.bool("bundle"))
    throw new UsageFault("enable bundle mode (ie. --bundle) to sign bundle files or directories");
  try {
    const config = signingConfig(flags);
    const files = (await Promise.all(args.map(signedFiles))).flat();
    if (config !== undefined) write(flags.string("output-file-path"), signaturesText(signFiles(files, config)));
    return 0;
  } catch (error) {
    if (error instanceof LoadError || error instanceof BundleError) throw new PrintedFault(`error: ${error.message}`);
    throw error;
  }
}

async function signedFiles(path: string): Promise<readonly BundleFile[]> {
  const source = await readBundleSource(path);
  const prefix = signedPrefix(source);
  return source.files
    .filter((file) => file.path !== signaturesPath)
    .map((file) => ({ ...file, path: `${prefix}${file.path}` }));
}

function write(folder: string, text: string): void {
  const file = join(folder, signaturesPath);
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw systemFault("open", file, error);
  }
}
