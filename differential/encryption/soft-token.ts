import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

const libraries = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];

/** Makes an AES key that cannot be taken out, as the token's administrator; it runs by itself, since a library is its process'. */
const script = `
const [, folder, library] = process.argv;
const { PKCS11 } = require("node:module").createRequire(folder + "/x")("pkcs11js");
const token = new PKCS11();
token.load(library);
token.C_Initialize();
const session = token.C_OpenSession(token.C_GetSlotList(true)[0], 4 | 2);
token.C_Login(session, 1, "1234");
const yes = [0x1, 0x2, 0x103, 0x104, 0x105].map((type) => ({ type, value: true }));
token.C_GenerateKey(session, { mechanism: 0x1080 }, [...yes, { type: 0x3, value: "kube" },
  { type: 0x102, value: Buffer.from("kube") }, { type: 0x161, value: 32 }, { type: 0x162, value: false }]);
token.C_Finalize();
`;

/** A token of SoftHSM with the key `kube`: flags of the plugin for it, and its environment. A text says why there is none. */
export function softToken(
  t: TestContext,
): string | { readonly flags: readonly string[]; readonly environment: { readonly [name: string]: string } } {
  const [library, binding] = [libraries.find(existsSync), process.env["SALLYPORT_PKCS11JS"]];
  if (library === undefined) return "no SoftHSM on this machine";
  if (!binding) return "no pkcs11js in SALLYPORT_PKCS11JS";
  const folder = mkdtempSync(join(tmpdir(), "sallyport-hsm-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "tokens"));
  const [configuration, pin] = [join(folder, "softhsm2.conf"), join(folder, "pin")];
  writeFileSync(configuration, `directories.tokendir = ${join(folder, "tokens")}\nlog.level = ERROR\n`);
  writeFileSync(pin, "1234\n", { mode: 0o600 });
  const environment = { SOFTHSM2_CONF: configuration };
  const run = (file: string, words: readonly string[]) => {
    const { status, stderr } = spawnSync(file, words, { encoding: "utf8", env: { ...process.env, ...environment } });
    if (status !== 0) throw new Error(`${file}: ${stderr}`);
  };
  run("softhsm2-util", ["--init-token", "--free", "--label", "kube", "--pin", "1234", "--so-pin", "4321"]);
  run(process.execPath, ["-e", script, binding, library]);
  const token = ["--pkcs11-library", library, "--pkcs11-token", "kube", "--pkcs11-key", "kube"];
  return { flags: [...token, "--pkcs11-pin-file", pin, "--pkcs11-binding", binding], environment };
}
