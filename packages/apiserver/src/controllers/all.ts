import { clusterRoleAggregation } from "./aggregation.ts";
import { apiServiceAvailability } from "./api-service-availability.ts";
import { apiServiceRegistration } from "./api-service-registration.ts";
import { bootstrapSigner } from "./bootstrap-signer.ts";
import type { ControllerKind } from "./controller.ts";
import { cronJob } from "./cron-job.ts";
import { csrApproving } from "./csr-approving.ts";
import { csrCleaner } from "./csr-cleaner.ts";
import { csrSigning } from "./csr-signing.ts";
import { daemonSet } from "./daemon-set.ts";
import { deployment } from "./deployment.ts";
import { disruption } from "./disruption.ts";
import { endpointSlice } from "./endpoint-slice.ts";
import { endpointSliceMirroring } from "./endpoint-slice-mirroring.ts";
import { endpoints } from "./endpoints.ts";
import { ephemeralVolume } from "./ephemeral-volume.ts";
import { flowControlObjects } from "./flow-control-objects.ts";
import { flowSchemaStatus } from "./flow-schema-status.ts";
import { garbageCollector } from "./garbage-collector.ts";
import { hostPathProvisioner } from "./host-path-provisioner.ts";
import { identityLease } from "./identity-lease.ts";
import { identityLeaseGarbageCollector } from "./identity-lease-gc.ts";
import { job } from "./job.ts";
import { kubernetesService } from "./kubernetes-service.ts";
import { namespace } from "./namespace.ts";
import { nodeLifecycle } from "./node-lifecycle.ts";
import { persistentVolumeBinder } from "./persistent-volume-binder.ts";
import { persistentVolumeClaimProtection } from "./persistent-volume-claim-protection.ts";
import { persistentVolumeProtection } from "./persistent-volume-protection.ts";
import { podGarbageCollector } from "./pod-gc.ts";
import { replicaSet } from "./replica-set.ts";
import { replicationController } from "./replication-controller.ts";
import { resourceQuota } from "./resource-quota.ts";
import { rootCaPublisher } from "./root-ca-publisher.ts";
import { scheduler } from "./scheduler.ts";
import { serviceAccount } from "./service-account.ts";
import { serviceAccountTokens } from "./service-account-tokens.ts";
import { serviceCidr } from "./service-cidr.ts";
import { serviceIpAddresses } from "./service-ip-addresses.ts";
import { statefulSet } from "./stateful-set.ts";
import { tokenCleaner } from "./token-cleaner.ts";
import { ttl } from "./ttl.ts";
import { ttlAfterFinished } from "./ttl-after-finished.ts";
import { validatingAdmissionPolicyStatus } from "./validating-admission-policy-status.ts";

/** What kube-apiserver does by itself, whichever controllers kube-controller-manager runs. */
export const ownControllers: readonly ControllerKind[] = [
  flowControlObjects,
  flowSchemaStatus,
  apiServiceRegistration,
  apiServiceAvailability,
  identityLease,
  identityLeaseGarbageCollector,
];

/** What runs where nothing else is said: without these the API server itself is not as clients know it. They are started first. */
export const essential: readonly ControllerKind[] = [
  clusterRoleAggregation,
  namespace,
  serviceAccount,
  serviceAccountTokens,
  rootCaPublisher,
];

/** All that there are. */
export const allControllers: readonly ControllerKind[] = [
  ...essential,
  garbageCollector,
  podGarbageCollector,
  replicaSet,
  replicationController,
  deployment,
  statefulSet,
  daemonSet,
  job,
  cronJob,
  ttlAfterFinished,
  resourceQuota,
  csrApproving,
  csrSigning,
  csrCleaner,
  bootstrapSigner,
  tokenCleaner,
  ttl,
  serviceCidr,
  serviceIpAddresses,
  kubernetesService,
  disruption,
  validatingAdmissionPolicyStatus,
  endpoints,
  endpointSlice,
  endpointSliceMirroring,
  nodeLifecycle,
  persistentVolumeBinder,
  ephemeralVolume,
  persistentVolumeClaimProtection,
  persistentVolumeProtection,
  scheduler,
  hostPathProvisioner,
];
