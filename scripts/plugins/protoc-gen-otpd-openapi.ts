/** A protoc plugin that describes the service's calls over HTTP as OpenAPI 3.1, in `openapi.json`. */
import { createEcmaScriptPlugin, runNodeJs } from '@bufbuild/protoplugin';
import { connectDocument } from '../openapi/connect-document.ts';

runNodeJs(
  createEcmaScriptPlugin({
    name: 'protoc-gen-otpd-openapi',
    version: 'v1',
    // The one target that the framework does not compile further.
    generateTs(schema) {
      schema.generateFile('openapi.json').print(JSON.stringify(connectDocument(schema.files), undefined, 2));
    },
  }),
);
