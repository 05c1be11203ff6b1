import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { KmsError } from "../service.ts";
import { withKmsFaults } from "./kms-faults.ts";
import { Pkcs11Source } from "./pkcs11.ts";
import type { Handle, Pkcs11 } from "./pkcs11-token.ts";
import { checkRotation } from "./rotating.fixture.ts";

const library = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"].find(
  existsSync,
);

type Binding = { readonly PKCS11: new () => Pkcs11 };

/** The whole package, of which the product calls less. */
interface Maker extends Pkcs11 {
  readonly C_GenerateKey: (session: Handle, mechanism: { readonly mechanism: number }, template: object[]) => Handle;
  readonly C_CloseAllSessions: (slot: Handle) => void;
}

/** Where it is installed is told by `SALLYPORT_PKCS11JS`. */
function bindingOf(): Binding | undefined {
  try {
    return createRequire(join(process.env["SALLYPORT_PKCS11JS"] || process.cwd(), "x"))("pkcs11js") as Binding;
  } catch {
    return undefined;
  }
}

const binding = bindingOf();
const missing =
  library === undefined
    ? "no SoftHSM on this machine"
    : binding === undefined
      ? "no pkcs11js in SALLYPORT_PKCS11JS"
      : false;

/** A token of SoftHSM, with the PIN 1234. */
function softToken(t: TestContext): { readonly pkcs11: Maker; readonly pinFile: string } {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-hsm-"));
  mkdirSync(join(folder, "tokens"));
  writeFileSync(join(folder, "softhsm2.conf"), `directories.tokendir = ${join(folder, "tokens")}\nlog.level = ERROR\n`);
  const before = process.env["SOFTHSM2_CONF"];
  process.env["SOFTHSM2_CONF"] = join(folder, "softhsm2.conf");
  const init = ["--init-token", "--free", "--label", "kube", "--pin", "1234", "--so-pin", "4321"];
  assert.equal(spawnSync("softhsm2-util", init).status, 0);
  const pinFile = join(folder, "pin");
  writeFileSync(pinFile, "1234\n", { mode: 0o600 });
  const pkcs11 = new (binding as Binding).PKCS11() as Maker;
  pkcs11.load(library as string);
  t.after(() => {
    pkcs11.close();
    if (before === undefined) delete process.env["SOFTHSM2_CONF"];
    else process.env["SOFTHSM2_CONF"] = before;
    rmSync(folder, { recursive: true, force: true });
  });
  return { pkcs11, pinFile };
}

interface Wanted {
  readonly id?: string;
  readonly bytes?: number;
  readonly extractable?: boolean;
}

/** Makes a key as the administrator of the token. */
function addKey(pkcs11: Maker, label: string, { id = label, bytes = 32, extractable = false }: Wanted = {}): void {
  try {
    pkcs11.C_Initialize({ flags: 2 });
  } catch {
    // The source has done it.
  }
  const session = pkcs11.C_OpenSession(pkcs11.C_GetSlotList(true)[0] as Handle, 4 | 2);
  try {
    pkcs11.C_Login(session, 1, "1234");
  } catch {
    // The source has done it.
  }
  const flags = [0x1, 0x2, 0x103, 0x104, 0x105].map((type) => ({ type, value: true }));
  pkcs11.C_GenerateKey(session, { mechanism: 0x1080 }, [
    ...flags,
    { type: 0x3, value: label },
    { type: 0x102, value: Buffer.from(id) },
    { type: 0x161, value: bytes },
    { type: 0x162, value: extractable },
  ]);
  pkcs11.C_CloseSession(session);
}

const faultOf = (asked: Promise<unknown>) =>
  asked.then(
    () => assert.fail("no fault"),
    (error: KmsError) => error.message,
  );

test("a key of a token seals within it, another label rotates, and the old one still opens", {
  skip: missing,
}, async (t) => {
  const { pkcs11, pinFile } = softToken(t);
  addKey(pkcs11, "kube-1");
  const options = { pkcs11, token: "kube", pinFile, timeoutMs: 10_000 };
  const sources = ["kube-1", "kube-2"].map((key) => withKmsFaults(new Pkcs11Source({ ...options, key })));
  let [source] = sources;
  const ids = await checkRotation(
    {
      currentKeyId: async () => source?.currentKeyId() as Promise<string>,
      seal: async (plaintext) => source?.seal(plaintext) as ReturnType<Pkcs11Source["seal"]>,
      open: async (sealed) => source?.open(sealed) as ReturnType<Pkcs11Source["open"]>,
      close: () => {},
    },
    () => {
      addKey(pkcs11, "kube-2");
      source = sources[1];
    },
  );
  assert.deepEqual(
    ids.map((each) => each.replace(/[0-9a-f]{16}$/, "HASH")),
    ["kube-1:HASH", "kube-2:HASH"],
  );
  const sealed = await Promise.all(Array.from({ length: 20 }, async (_, i) => source?.seal(Buffer.from(`${i}`))));
  for (const [i, each] of sealed.entries())
    assert.equal(Buffer.from(await (source as Pkcs11Source).open(each as NonNullable<typeof each>)).toString(), `${i}`);
  for (const each of sources) each.close();
});

test("keys that are not safe, not there or not one are refused", { skip: missing }, async (t) => {
  const { pkcs11, pinFile } = softToken(t);
  addKey(pkcs11, "short", { bytes: 16 });
  addKey(pkcs11, "loose", { extractable: true });
  addKey(pkcs11, "twice", { id: "a" });
  addKey(pkcs11, "twice", { id: "b" });
  const options = { pkcs11, token: "kube", pinFile, timeoutMs: 10_000 };
  const told = [];
  for (const [key, token] of [["none"], ["short"], ["loose"], ["twice"], ["short", "other"]] as const) {
    const source = withKmsFaults(new Pkcs11Source({ ...options, key, token: token ?? "kube" }));
    told.push(await faultOf(source.currentKeyId()));
    source.close();
  }
  assert.deepEqual(told.slice(0, -1), [
    "PKCS#11: no AES key none on token kube",
    "PKCS#11: key short has 128 bits; expected 256",
    "PKCS#11: key loose can be taken out; expected CKA_EXTRACTABLE false",
    "PKCS#11: 2 keys twice on token kube; expected one",
  ]);
  assert.match(told.at(-1) ?? "", /^PKCS#11: no token other; there are kube/);
});

test("a PIN that was refused is tried once, and the next one in its file at once", { skip: missing }, async (t) => {
  const { pkcs11, pinFile } = softToken(t);
  addKey(pkcs11, "kube");
  pkcs11.C_Finalize();
  writeFileSync(pinFile, "canary-pin");
  const source = withKmsFaults(new Pkcs11Source({ pkcs11, token: "kube", key: "kube", pinFile, timeoutMs: 10_000 }));
  assert.equal(await faultOf(source.currentKeyId()), "PKCS#11: CKR_PIN_INCORRECT");
  const refused = `PKCS#11: token kube refused the PIN of ${pinFile}; another one is awaited there`;
  assert.equal(await faultOf(source.currentKeyId()), refused);
  writeFileSync(pinFile, "1234");
  assert.match(await source.currentKeyId(), /^kube:/);
  source.close();
});

test("a token that hangs is waited for so long, and those behind it no longer", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-pin-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const pinFile = join(folder, "pin");
  writeFileSync(pinFile, "1234", { mode: 0o600 });
  const attributes = [Buffer.from("id"), Buffer.from([32, 0, 0, 0]), Buffer.from([0])].map((value) => ({ value }));
  const nothing = () => {};
  const hangs = (): Promise<Buffer> => new Promise(nothing);
  const pkcs11: Pkcs11 = {
    load: nothing,
    close: nothing,
    C_Initialize: nothing,
    C_Finalize: nothing,
    C_GetSlotList: () => [Buffer.from("slot")],
    C_GetTokenInfo: () => ({ label: "kube   " }),
    C_OpenSession: () => Buffer.from("session"),
    C_CloseSession: nothing,
    C_Login: nothing,
    C_FindObjectsInit: nothing,
    C_FindObjects: () => [Buffer.from("key")],
    C_FindObjectsFinal: nothing,
    C_GetAttributeValue: () => attributes,
    C_EncryptInit: nothing,
    C_EncryptAsync: hangs,
    C_DecryptInit: nothing,
    C_DecryptAsync: hangs,
  };
  const source = withKmsFaults(new Pkcs11Source({ pkcs11, token: "kube", key: "kube", pinFile, timeoutMs: 100 }));
  assert.match(await source.currentKeyId(), /^kube:[0-9a-f]{16}$/);
  const told = await Promise.all([faultOf(source.seal(Buffer.from("a"))), faultOf(source.currentKeyId())]);
  assert.deepEqual(told, ["PKCS#11: no answer in 100 ms", "PKCS#11: no answer in 100 ms"]);
  assert.ok((await source.seal(Buffer.from("a")).catch((error: Error) => error)) instanceof KmsError);
});
