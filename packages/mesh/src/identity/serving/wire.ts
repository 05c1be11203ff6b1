import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type Codec, readFields, readMapEntry, writeBytes, writeMap, writeText } from "@sallyport/grpc";

/** Messages of Istio's security/v1alpha1/ca.proto; what a client tells of itself beside them (metadata) is passed over. */
export interface CertificateRequestMessage {
  /** PEM. */
  readonly csr: string;
  /** Seconds; 0: as the authority likes. */
  readonly validityDuration: number;
}

export const certificateRequest: Codec<CertificateRequestMessage> = {
  write: ({ csr, validityDuration }) => {
    const writer = new BinaryWriter();
    writeText(writer, 1, csr);
    if (validityDuration !== 0) writer.tag(3, WireType.Varint).int64(validityDuration);
    return writer.finish();
  },
  read: (bytes) => {
    let [csr, validityDuration] = ["", 0];
    readFields(bytes, (field, reader) => {
      if (field === 1) csr = reader.string();
      else if (field === 3) validityDuration = Number(reader.int64());
      else return false;
      return true;
    });
    return { csr, validityDuration };
  },
};

/** PEM: the leaf, what is between, and last all roots in one text. */
export interface CertificateResponseMessage {
  readonly certChain: readonly string[];
}

export const certificateResponse: Codec<CertificateResponseMessage> = {
  write: ({ certChain }) => {
    const writer = new BinaryWriter();
    for (const each of certChain) writer.tag(1, WireType.LengthDelimited).string(each);
    return writer.finish();
  },
  read: (bytes) => {
    const certChain: string[] = [];
    readFields(bytes, (field, reader) => {
      if (field !== 1) return false;
      certChain.push(reader.string());
      return true;
    });
    return { certChain };
  },
};

/** Messages of the SPIFFE Workload API; bytes are DER, certificates one behind another. */
export interface X509Svid {
  readonly spiffeId: string;
  readonly x509Svid: Uint8Array;
  /** PKCS#8. */
  readonly x509SvidKey: Uint8Array;
  readonly bundle: Uint8Array;
}

export interface X509SvidResponse {
  readonly svids: readonly X509Svid[];
  /** By the ID of a trust domain that is not the workload's. */
  readonly federatedBundles: ReadonlyMap<string, Uint8Array>;
}

export const x509SvidResponse: Codec<X509SvidResponse> = {
  write: ({ svids, federatedBundles }) => {
    const writer = new BinaryWriter();
    for (const each of svids) {
      writer.tag(1, WireType.LengthDelimited).fork();
      writeText(writer, 1, each.spiffeId);
      writeBytes(writer, 2, each.x509Svid);
      writeBytes(writer, 3, each.x509SvidKey);
      writeBytes(writer, 4, each.bundle);
      writer.join();
    }
    writeMap(writer, 3, federatedBundles);
    return writer.finish();
  },
  read: (bytes) => {
    const svids: X509Svid[] = [];
    const federatedBundles = new Map<string, Uint8Array>();
    readFields(bytes, (field, reader) => {
      if (field === 1) svids.push(readSvid(reader.bytes()));
      else if (field === 3) readMapEntry(reader, federatedBundles);
      else return false;
      return true;
    });
    return { svids, federatedBundles };
  },
};

function readSvid(bytes: Uint8Array): X509Svid {
  let spiffeId = "";
  let [x509Svid, x509SvidKey, bundle]: [Uint8Array, Uint8Array, Uint8Array] = [empties, empties, empties];
  readFields(bytes, (field, reader) => {
    if (field === 1) spiffeId = reader.string();
    else if (field === 2) x509Svid = reader.bytes();
    else if (field === 3) x509SvidKey = reader.bytes();
    else if (field === 4) bundle = reader.bytes();
    else return false;
    return true;
  });
  return { spiffeId, x509Svid, x509SvidKey, bundle };
}

const empties: Uint8Array = new Uint8Array();

export interface X509BundlesResponse {
  /** By the ID of a trust domain. */
  readonly bundles: ReadonlyMap<string, Uint8Array>;
}

export const x509BundlesResponse: Codec<X509BundlesResponse> = {
  write: ({ bundles }) => {
    const writer = new BinaryWriter();
    writeMap(writer, 2, bundles);
    return writer.finish();
  },
  read: (bytes) => {
    const bundles = new Map<string, Uint8Array>();
    readFields(bytes, (field, reader) => {
      if (field !== 2) return false;
      readMapEntry(reader, bundles);
      return true;
    });
    return { bundles };
  },
};
