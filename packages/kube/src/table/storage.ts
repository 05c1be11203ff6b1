import { defaultStorageClassName } from "../default-class.ts";
import { humanDurationOf } from "../duration.ts";
import { ageOf, createdAt, type Fields, type Layout, type Layouts, nameOf, spec, status } from "./layout.ts";

/** A name and an age, as of who has no printer; whose has one gets a list of no rows where others get none. */
const named: Layout = { columns: ["Name/name", "Age"], row: (object, now) => [nameOf(object), ageOf(object, now)] };

/** storage.k8s.io and resource.k8s.io. */
export const storageLayouts: Layouts = {
  "resource.k8s.io/deviceclasses": named,
  "resource.k8s.io/resourceclaimtemplates": named,
  "resource.k8s.io/resourceclaims": {
    columns: ["Name/name", "State", "Age"],
    row: (object, now) => {
      const parts = [
        ...(object.metadata.deletionTimestamp ? ["deleted"] : []),
        ...(status(object)["allocation"] === undefined ? [] : ["allocated"]),
        ...(((status(object)["reservedFor"] ?? []) as unknown[]).length > 0 ? ["reserved"] : []),
      ];
      return [nameOf(object), parts.join(",") || "pending", ageOf(object, now)];
    },
  },
  "resource.k8s.io/resourceslices": {
    columns: ["Name/name", "Node", "Driver", "Pool", "Age"],
    row: (object, now) => {
      const { nodeName, driver, pool } = spec(object);
      return [nameOf(object), nodeName ?? "", driver ?? "", pool?.["name"] ?? "", ageOf(object, now)];
    },
  },
  "resource.k8s.io/devicetaintrules": {
    columns: ["Name/name", "Key", "Value", "Effect", "TimeAdded", "Age"],
    row: (object, now) => {
      const { key = "", value = "", effect = "", timeAdded } = (spec(object)["taint"] ?? {}) as Fields;
      const since = timeAdded === undefined ? "" : humanDurationOf(timeAdded, now);
      return [nameOf(object), key, value, effect, since, ageOf(object, now)];
    },
  },
  "storage.k8s.io/csidrivers": {
    columns: [
      "Name/name",
      "AttachRequired:boolean",
      "PodInfoOnMount:boolean",
      "StorageCapacity:boolean",
      "TokenRequests",
      "RequiresRepublish:boolean",
      "Modes",
      "Age",
    ],
    row: (object, now) => {
      const {
        attachRequired = true,
        podInfoOnMount = false,
        storageCapacity = false,
        tokenRequests = [],
        requiresRepublish = false,
      } = spec(object);
      const audiences = (tokenRequests as Fields[]).map((each) => each["audience"] || "<unset>");
      const modes = ((spec(object)["volumeLifecycleModes"] ?? []) as string[]).join(",");
      return [
        nameOf(object),
        attachRequired,
        podInfoOnMount,
        storageCapacity,
        audiences.join(",") || "<unset>",
        requiresRepublish,
        modes || "<none>",
        ageOf(object, now),
      ];
    },
  },
  "storage.k8s.io/csinodes": {
    columns: ["Name/name", "Drivers:integer", "Age"],
    row: (object, now) => [nameOf(object), ((spec(object)["drivers"] ?? []) as unknown[]).length, ageOf(object, now)],
  },
  "storage.k8s.io/csistoragecapacities": createdAt,
  "storage.k8s.io/storageclasses": {
    columns: ["Name/name", "Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion", "Age"],
    row: (object, now, list = []) => {
      const isDefault = object.metadata.name === defaultStorageClassName(list);
      return [
        `${nameOf(object)}${isDefault ? " (default)" : ""}`,
        (object["provisioner"] as string) ?? "",
        (object["reclaimPolicy"] as string) ?? "Delete",
        (object["volumeBindingMode"] as string) ?? "Immediate",
        object["allowVolumeExpansion"] === true,
        ageOf(object, now),
      ];
    },
  },
  "storage.k8s.io/volumeattachments": {
    columns: ["Name/name", "Attacher/name", "PV", "Node", "Attached:boolean", "Age"],
    row: (object, now) => {
      const { attacher, source, nodeName } = spec(object);
      const volume = source?.["persistentVolumeName"] ?? "";
      return [
        nameOf(object),
        attacher ?? "",
        volume,
        nodeName ?? "",
        status(object)["attached"] === true,
        ageOf(object, now),
      ];
    },
  },
  "storage.k8s.io/volumeattributesclasses": {
    columns: ["Name/name", "DriverName", "Age"],
    row: (object, now) => [nameOf(object), (object["driverName"] as string) ?? "", ageOf(object, now)],
  },
};
