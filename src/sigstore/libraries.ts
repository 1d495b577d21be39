/** Sigstore's own libraries, in one place: the build puts them into a file that is read only where they are needed. */
export { bundleFromJSON, bundleToJSON, isBundleWithDsseEnvelope } from "@sigstore/bundle";
export { TrustedRoot } from "@sigstore/protobuf-specs";
export {
  CIContextProvider,
  DEFAULT_FULCIO_URL,
  DEFAULT_REKOR_URL,
  DSSEBundleBuilder,
  FulcioSigner,
  RekorWitness,
} from "@sigstore/sign";
export { getTrustedRoot } from "@sigstore/tuf";
export { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
