/** A protoc plugin that describes the calls over HTTP as OpenAPI 3.1: the service in `openapi.json`, its administration in `openapi-admin.json`. */
import { createEcmaScriptPlugin, runNodeJs } from '@bufbuild/protoplugin';
import { connectDocument, DOCUMENTS } from '../openapi/connect-document.ts';

runNodeJs(
  createEcmaScriptPlugin({
    name: 'protoc-gen-otpd-openapi',
    version: 'v1',
    // `ts` is the only target whose output the framework does not compile.
    generateTs(schema) {
      for (const about of DOCUMENTS)
        schema.generateFile(about.file).print(JSON.stringify(connectDocument(schema.files, about), undefined, 2));
    },
  }),
);
