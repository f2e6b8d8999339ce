/** The kind of cluster that a platform is for. */
export type ClusterPlatform = 'kubernetes' | 'openshift';

/** When an image is pulled: whatever users do, on the way that most go, or only when something is asked for. */
export type ImageMark = 'always' | 'default' | 'conditional';

/** What a file is to the renderer; `extra` are the user's own. */
export type InputRole =
  | 'devworkspace-operator'
  | 'che-operator'
  | 'che-cluster'
  | 'cert-manager'
  | 'editor-definition'
  | 'extra';
