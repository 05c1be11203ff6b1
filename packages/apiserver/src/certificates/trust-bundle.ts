import { BuiltinError, type Certificate, type PemBlock, parseCertificate, pemBlocks } from "@sallyport/rego/x509";

/**
 * What is wrong with the trust anchors of a bundle in PEM: each is a certificate of an authority, there is one at least, and none twice.
 */
export function trustBundleFaults(pem: string): readonly string[] {
  const blocks = pemBlocks(pem);
  const faults = blocks.flatMap((block, i) => {
    const fault = anchorFault(block);
    return fault === undefined ? [] : [`entry ${i} ${fault}`];
  });
  if (faults.length > 0) return faults;
  if (blocks.length === 0) return ["at least one trust anchor must be provided"];
  const places = Map.groupBy(blocks.keys(), (i) => Buffer.from((blocks[i] as PemBlock).bytes).toString("base64"));
  return [...places.values()]
    .filter(({ length }) => length > 1)
    .map((indices) => `duplicate trust anchor (indices [${indices.join(" ")}])`);
}

function anchorFault({ type, bytes, hasHeaders }: PemBlock): string | undefined {
  if (type !== "CERTIFICATE") return `has bad block type: ${type}`;
  if (hasHeaders) return "has PEM block headers";
  const certificate = certificateOf(bytes);
  if (certificate === undefined) return "does not parse as X.509";
  return certificate.known.basicConstraints?.isCa === true ? undefined : "does not have the CA bit set";
}

function certificateOf(bytes: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(bytes);
  } catch (error) {
    if (error instanceof BuiltinError) return undefined;
    throw error;
  }
}
