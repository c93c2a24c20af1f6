/** The same call in Go, with `otpd.dev/go`. */
import { Bytes, type Call, enumValue, fieldsOf, indent, type SetField, type Target, Texts } from './call.ts';

export function go(call: Call, { address, isTls }: Target): string {
  const { name, input, methodKind } = call.method;
  const request = `&otpv1.${input.name}{\n${indent(linesOf(fieldsOf(call)), '\t')}}`;
  const body =
    methodKind === 'unary'
      ? `answer, err := client.${name}(context.Background(), ${request})
if err != nil {
	log.Fatal(err)
}
fmt.Println(answer)
`
      : `for answer, err := range client.${name}(context.Background(), ${request}) {
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.GetToken().GetCode())
}
`;
  return `package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"otpd.dev/go"
	otpv1 "otpd.dev/go/pb/otp/v1"
)

func main() {
	client, err := otpd.Connect("${address}", os.Getenv("OTPD_API_KEY")${isTls ? '' : ', otpd.WithPlaintext()'})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
${indent(body, '\t')}}`;
}

function linesOf(fields: readonly SetField[]): string {
  return fields.map((field) => `${member(field)},\n`).join('');
}

function member({ field, value }: SetField): string {
  const name = goName(field.name);
  const literal = literalOf({ field, value });
  if (field.oneof !== undefined) return `${goName(field.oneof.name)}: &otpv1.${field.parent.name}_${name}{${name}: ${literal}}`;
  // An optional scalar is a pointer.
  return `${name}: ${field.proto.proto3Optional ? `new(${typeof value === 'bigint' ? 'uint64' : 'uint32'}(${literal}))` : literal}`;
}

function literalOf({ field, value }: SetField): string {
  if (value instanceof Bytes) return `[]byte(${JSON.stringify(value.text)})`;
  if (value instanceof Texts) return `[]string{${value.texts.map((text) => JSON.stringify(text)).join(', ')}}`;
  if (typeof value === 'object') return `&otpv1.${field.message?.name}{${value.map(member).join(', ')}}`;
  if (field.enum !== undefined) return `otpv1.${field.enum.name}_${enumValue(field, value as number).name}`;
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

function goName(name: string): string {
  return name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
