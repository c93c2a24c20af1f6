/** A protoc plugin that describes the calls over HTTP as OpenAPI 3.1: those of the service in `openapi.json`, of its administration in `openapi-admin.json`. */
import { createEcmaScriptPlugin, runNodeJs } from '@bufbuild/protoplugin';
import { connectDocument, DOCUMENTS } from '../openapi/connect-document.ts';

runNodeJs(
  createEcmaScriptPlugin({
    name: 'protoc-gen-otpd-openapi',
    version: 'v1',
    // The one target that the framework does not compile further.
    generateTs(schema) {
      for (const about of DOCUMENTS)
        schema.generateFile(about.file).print(JSON.stringify(connectDocument(schema.files, about), undefined, 2));
    },
  }),
);
