// Prints what the Terraform files of a folder say, as JSON, by HashiCorp's own parser.

import { convertFiles } from '@cdktf/hcl2json';

console.log(JSON.stringify(await convertFiles(process.argv[2])));
