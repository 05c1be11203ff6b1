import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Made, madeAuthority, madeLeaf } from "../../packages/mesh/src/identity/x509/certificates.fixture.ts";

/** nginx and haproxy check a server's DNS name, which an X.509-SVID may have beside its ID. */
export const serverName = "web.shop";

/** Of both ends: `client` and `server`. */
export function identityOf(name: string): string {
  return `spiffe://cluster.local/ns/shop/sa/${name}`;
}

/**
 * Files of both ends in a folder: `NAME.crt`, `NAME.key`, and `NAME.pem` of both, as haproxy reads it; `root.crt` of whom they trust. In
 * folders of their names the same as Istio's agent has them.
 */
export function writeCertificates(folder: string): void {
  const [notBefore, notAfter] = [Date.now() - 3600_000, Date.now() + 24 * 3600_000];
  const root = madeAuthority("root", { notBefore, notAfter });
  writeFileSync(join(folder, "root.crt"), root.pem);
  for (const name of ["client", "server"] as const) {
    const leaf: Made = madeLeaf(root, { id: identityOf(name), dns: [serverName], notBefore, notAfter });
    const key = leaf.key.export({ type: "pkcs8", format: "pem" }) as string;
    writeFileSync(join(folder, `${name}.crt`), leaf.pem);
    writeFileSync(join(folder, `${name}.key`), key);
    writeFileSync(join(folder, `${name}.pem`), leaf.pem + key);
    const own = join(folder, name);
    mkdirSync(own);
    writeFileSync(join(own, "cert-chain.pem"), leaf.pem);
    writeFileSync(join(own, "key.pem"), key);
    writeFileSync(join(own, "root-cert.pem"), root.pem);
  }
}
