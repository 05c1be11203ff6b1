import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type Codec, readFields, writeBytes, writeText } from "@sallyport/grpc";

/** A secret that was read, and its version: nothing of either is secret. */
export interface ObjectVersion {
  readonly id: string;
  readonly version: string;
}

export interface MountRequest {
  /** JSON of a SecretProviderClass' parameters, and what the kubelet tells of the pod. */
  readonly attributes: string;
  /** JSON of the Secret that the volume's `nodePublishSecretRef` names. */
  readonly secrets: string;
  readonly targetPath: string;
  /** JSON of a mode, a decimal number. */
  readonly permission: string;
  readonly currentObjectVersion: readonly ObjectVersion[];
}

export interface MountedFile {
  readonly path: string;
  readonly mode: number;
  readonly contents: Uint8Array;
}

export interface MountResponse {
  readonly objectVersion: readonly ObjectVersion[];
  readonly files: readonly MountedFile[];
}

export interface VersionResponse {
  readonly version: string;
  readonly runtimeName: string;
  readonly runtimeVersion: string;
}

const objectVersion: Codec<ObjectVersion> = {
  write: ({ id, version }) => {
    const writer = new BinaryWriter();
    writeText(writer, 1, id);
    writeText(writer, 2, version);
    return writer.finish();
  },
  read: (bytes) => {
    const [id, version] = textsOf(bytes, 2);
    return { id: id ?? "", version: version ?? "" };
  },
};

/** The texts of a message by their numbers, from 1 on. */
function textsOf(bytes: Uint8Array, count: number): readonly string[] {
  const texts = Array.from({ length: count }, () => "");
  readFields(bytes, (field, reader) => {
    if (field > count) return false;
    texts[field - 1] = reader.string();
    return true;
  });
  return texts;
}

/** Field numbers of the driver's provider/v1alpha1/service.proto. */
export const csi = {
  versionRequest: {
    write: ({ version }) => {
      const writer = new BinaryWriter();
      writeText(writer, 1, version);
      return writer.finish();
    },
    read: (bytes) => ({ version: textsOf(bytes, 1)[0] ?? "" }),
  } satisfies Codec<{ readonly version: string }>,
  versionResponse: {
    write: ({ version, runtimeName, runtimeVersion }) => {
      const writer = new BinaryWriter();
      for (const [i, text] of [version, runtimeName, runtimeVersion].entries()) writeText(writer, i + 1, text);
      return writer.finish();
    },
    read: (bytes) => {
      const [version = "", runtimeName = "", runtimeVersion = ""] = textsOf(bytes, 3);
      return { version, runtimeName, runtimeVersion };
    },
  } satisfies Codec<VersionResponse>,
  mountRequest: {
    write: (request) => {
      const writer = new BinaryWriter();
      const texts = [request.attributes, request.secrets, request.targetPath, request.permission];
      for (const [i, text] of texts.entries()) writeText(writer, i + 1, text);
      for (const each of request.currentObjectVersion)
        writer.tag(5, WireType.LengthDelimited).bytes(objectVersion.write(each));
      return writer.finish();
    },
    read: readMountRequest,
  } satisfies Codec<MountRequest>,
  mountResponse: {
    write: (response) => {
      const writer = new BinaryWriter();
      for (const each of response.objectVersion)
        writer.tag(1, WireType.LengthDelimited).bytes(objectVersion.write(each));
      for (const { path, mode, contents } of response.files) {
        writer.tag(3, WireType.LengthDelimited).fork();
        writeText(writer, 1, path);
        if (mode !== 0) writer.tag(2, WireType.Varint).int32(mode);
        writeBytes(writer, 3, contents);
        writer.join();
      }
      return writer.finish();
    },
    read: readMountResponse,
  } satisfies Codec<MountResponse>,
};

function readMountRequest(bytes: Uint8Array): MountRequest {
  const texts = ["", "", "", ""];
  const currentObjectVersion: ObjectVersion[] = [];
  readFields(bytes, (field, reader) => {
    if (field >= 1 && field <= 4) texts[field - 1] = reader.string();
    else if (field === 5) currentObjectVersion.push(objectVersion.read(reader.bytes()));
    else return false;
    return true;
  });
  const [attributes = "", secrets = "", targetPath = "", permission = ""] = texts;
  return { attributes, secrets, targetPath, permission, currentObjectVersion };
}

function readMountResponse(bytes: Uint8Array): MountResponse {
  const versions: ObjectVersion[] = [];
  const files: MountedFile[] = [];
  readFields(bytes, (field, reader) => {
    if (field === 1) versions.push(objectVersion.read(reader.bytes()));
    else if (field === 3) files.push(readFile(reader.bytes()));
    else return false;
    return true;
  });
  return { objectVersion: versions, files };
}

function readFile(bytes: Uint8Array): MountedFile {
  let [path, mode, contents] = ["", 0, new Uint8Array()] as [string, number, Uint8Array];
  readFields(bytes, (field, reader) => {
    if (field === 1) path = reader.string();
    else if (field === 2) mode = reader.int32();
    else if (field === 3) contents = reader.bytes();
    else return false;
    return true;
  });
  return { path, mode, contents };
}
