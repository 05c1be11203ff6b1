import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { type Pkcs11, SourceError } from "@sallyport/secrets/kms";

/**
 * The package pkcs11js of a folder, else of the working directory or the program's own. It is compiled for the machine, so that whoever has
 * an HSM installs it himself. Throws `SourceError`.
 */
export function loadPkcs11(folder: string | undefined): Pkcs11 {
  const first = folder === undefined ? process.cwd() : resolve(folder);
  for (const place of [join(first, "package.json"), ...(folder === undefined ? [import.meta.url] : [])]) {
    try {
      const { PKCS11 } = createRequire(place)("pkcs11js") as { readonly PKCS11: new () => Pkcs11 };
      return new PKCS11();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") continue;
      throw new SourceError(`pkcs11js of ${first}: ${(error as Error).message.split("\n")[0]}`);
    }
  }
  throw new SourceError(
    `PKCS#11 needs the package pkcs11js, which is not installed in ${first}: npm install pkcs11js, and name its folder by --pkcs11-binding`,
  );
}
