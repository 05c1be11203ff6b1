import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Authority,
  folderStore,
  OwnServingCertificate,
  serveCertificates,
  TokenRefused,
} from "@sallyport/mesh/identity";

const day = 24 * 3600_000;

/** An authority in a folder, with files for who asks it: it knows one token, the name of the account `shop/NAME` whose it is. */
export async function openAuthority(account: string) {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-authority-"));
  const place = (name: string) => join(folder, name);
  const authority = await Authority.open({
    trustDomain: "cluster.local",
    store: folderStore(place("ca")),
    now: Date.now,
    say: () => {},
    propagationMs: day,
    longestLeafMs: day,
  });
  const own = new OwnServingCertificate(authority, ["localhost"], day, Date.now);
  /** Serves from now on; 0 for any port. */
  const serve = (port: number) =>
    serveCertificates({
      authority,
      host: "127.0.0.1",
      port,
      serving: () => own.current,
      review: async (token) => {
        if (token !== account) throw new TokenRefused("nobody's");
        return { namespace: "shop", serviceAccount: account };
      },
      defaultLifeMs: day,
      longestLifeMs: day,
      onCall: () => {},
    });
  writeFileSync(place("token"), `${account}\n`);
  writeFileSync(place("roots.pem"), authority.roots.join(""));
  /** What says to who asks where it is, and by which files. */
  const askedAt = (port: number) => ({
    caAddress: `127.0.0.1:${port}`,
    caName: "localhost",
    tokenFile: place("token"),
    rootsFile: place("roots.pem"),
    certificateLife: "1h",
  });
  return { place, serve, askedAt, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
