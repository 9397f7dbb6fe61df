package queue

import (
	"errors"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Fault breaks the program in the way that n stands for.
func Fault(ctx *pulumi.Context, n int) error {
	switch n {
	case 101:
		panic("the roof is on fire")
	case 102:
		ctx.Export("wet", pulumi.String("x").ToStringOutput().ApplyT(func(string) string {
			panic("the cellar is under water")
		}))
	case 103:
		os.Exit(3)
	case 104:
		for i := range 20000 {
			fmt.Println("line", i, "of much")
		}
	case 105:
		select {}
	case 106:
		return errors.New("there is no house number 106")
	}
	return nil
}
