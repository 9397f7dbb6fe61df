package main

import (
	"context"
	"fmt"

	"github.com/zclconf/go-cty/cty"

	pb "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/tfplugin5"
)

// configure gives the provider credentials that lead nowhere.
func configure(ctx context.Context, client pb.ProviderClient, block *pb.Schema_Block) error {
	ty, err := typeOf(block)
	if err != nil {
		return err
	}
	vals := nullBlock(block, ty)
	for k, v := range map[string]cty.Value{
		"region": cty.StringVal("eu-west-1"), "access_key": cty.StringVal("none"), "secret_key": cty.StringVal("none"),
		"skip_credentials_validation": cty.True, "skip_requesting_account_id": cty.True, "skip_region_validation": cty.True,
		"skip_metadata_api_check": cty.StringVal("true"), "max_retries": cty.NumberIntVal(1),
	} {
		vals[k] = v
	}
	config, err := encode(cty.ObjectVal(vals), ty)
	if err != nil {
		return err
	}
	r, err := client.Configure(ctx, &pb.Configure_Request{TerraformVersion: "1.11.4", Config: config})
	if err != nil {
		return err
	}
	return failure(r.Diagnostics)
}

func failure(ds []*pb.Diagnostic) error {
	for _, d := range ds {
		if d.Severity == pb.Diagnostic_ERROR {
			return fmt.Errorf("%s: %s", d.Summary, d.Detail)
		}
	}
	return nil
}
