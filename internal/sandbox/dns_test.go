package sandbox_test

import (
	"strings"
	"testing"
)

const (
	dnsZone   = "aws:route53/zone:Zone"
	dnsRecord = "aws:route53/record:Record"
)

func TestRoute53RefusesWhatItRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   props
		want string
	}{
		"no such zone":     {props{"zoneId": "Z1", "name": "www", "type": "A", "ttl": 60, "records": []any{"198.51.100.7"}}, "NoSuchHostedZone: No hosted zone found with ID: Z1"},
		"CNAME at the top": {props{"name": "example.com", "type": "CNAME", "ttl": 60, "records": []any{"x.example"}}, "is not permitted at apex in zone example.com."},
		"twice":            {props{"name": "taken", "type": "A", "ttl": 60, "records": []any{"198.51.100.7"}}, "[name='taken.example.com.', type='A'] but it already exists"},
		"twice in full":    {props{"name": "TAKEN.example.com.", "type": "A", "ttl": 60, "records": []any{"198.51.100.7"}}, "but it already exists"},
		"CNAME beside":     {props{"name": "taken", "type": "CNAME", "ttl": 60, "records": []any{"x.example"}}, "a conflicting RRSet of type A with the same DNS name already exists"},
		"no values":        {props{"name": "www", "type": "A", "ttl": 60}, "exactly one of aliases, records must be given"},
		"no TTL":           {props{"name": "www", "type": "A", "records": []any{"198.51.100.7"}}, "all of ttl, records must be specified"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, cloud(t))
			zone := e.create(dnsZone, "z", props{"name": "example.com"})
			e.create(dnsRecord, "taken", props{"zoneId": zone.id, "name": "taken", "type": "A", "ttl": 60, "records": []any{"198.51.100.7"}})
			if _, given := c.in["zoneId"]; !given {
				c.in["zoneId"] = zone.id
			}
			_, failures := e.check(urn(dnsRecord, "x"), nil, c.in)
			got := strings.Join(failures, "; ")
			if got == "" {
				_, err := e.try(dnsRecord, "x", c.in)
				got = message(err)
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if err := e.delete(zone); !strings.Contains(message(err), "HostedZoneNotEmpty") {
				t.Errorf("delete of a zone with records: %v", err)
			}
		})
	}
}

func TestACertificateIsIssuedOnceItsRecordsAreThere(t *testing.T) {
	t.Parallel()
	const validation = "aws:acm/certificateValidation:CertificateValidation"
	e := newEngine(t, cloud(t))
	zone := e.create(dnsZone, "z", props{"name": "example.com"})
	certificate := e.create("aws:acm/certificate:Certificate", "c",
		props{"domainName": "example.com", "subjectAlternativeNames": []any{"*.example.com"}, "validationMethod": "DNS"})
	if _, err := e.try(validation, "v", props{"certificateArn": certificate.id}); !strings.Contains(message(err), "to be issued: there is no record _") {
		t.Errorf("without records: %v", err)
	}
	options, _ := e.out(certificate, "domainValidationOptions").([]any)
	if len(options) != 2 {
		t.Fatalf("%d names to prove", len(options))
	}
	first, second := options[0].(map[string]any), options[1].(map[string]any)
	if first["resourceRecordName"] != second["resourceRecordName"] {
		t.Errorf("%v and %v have different records", first["domainName"], second["domainName"])
	}
	e.create(dnsRecord, "proof", props{"zoneId": zone.id, "name": first["resourceRecordName"], "type": "CNAME", "ttl": 60, "records": []any{first["resourceRecordValue"]}})
	if _, err := e.try(validation, "v", props{"certificateArn": certificate.id}); err != nil {
		t.Errorf("with the record: %v", err)
	}
	refused(t, nil, validation, props{"certificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/none"}, "ResourceNotFoundException")
	refused(t, nil, "aws:acm/certificate:Certificate", props{"domainName": "not a domain", "validationMethod": "DNS"}, "ValidationException")
}

func TestECRRefusesWhatItRefuses(t *testing.T) {
	t.Parallel()
	const token = "aws:ecr/repository:Repository"
	taken := existing{token, "taken", props{"name": "taken"}}
	refused(t, []existing{taken}, token, taken.in, "RepositoryAlreadyExistsException: The repository with name 'taken' already exists")
	refused(t, nil, token, props{"name": "Upper"}, `invalid repository name "Upper"`)
	refused(t, nil, "aws:ecr/lifecyclePolicy:LifecyclePolicy", props{"repository": "none", "policy": "{}"}, "RepositoryNotFoundException")
}
