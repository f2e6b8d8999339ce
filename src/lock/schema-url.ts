/** Where the JSON Schema is published; the first line that `init` writes names it, so that editors complete the file. */
export const SCHEMA_URL = 'https://sallyport.dev/schema/v1alpha1/sallyport.schema.json';
